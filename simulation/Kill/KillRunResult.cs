using System.Globalization;
using Zurau.Engine.Common;

namespace Zurau.Simulation;

internal sealed class KillRunResult
{
    internal int Kills { get; set; }

    /// <summary>Gets or sets the number of kills during startup or recovery.</summary>
    internal int KillsAtStart { get; set; }

    /// <summary>
    /// Gets or sets how often a directory was opened and compared with the expected
    /// state.
    /// </summary>
    internal int Checks { get; set; }

    internal int Directories { get; set; }

    internal double Seconds { get; set; }

    /// <summary>
    /// Gets the records in the logs after the last kill of each directory.
    /// </summary>
    internal long Records { get; private set; }

    internal long Segments { get; private set; }

    /// <summary>
    /// Gets the acknowledged batches with acks=1; each is compared at every check.
    /// </summary>
    internal long AcknowledgedLeader { get; private set; }

    internal long AcknowledgedAll { get; private set; }

    internal void Note(KillRunPlan plan, KillRunExpected expected, KillRunCheck.Content content, int segments)
    {
        Records += content.Records;
        Segments += segments;
        foreach (KillRunExpected.Acknowledged batch in Enumerable.Range(0, plan.Writers).SelectMany(expected.ReadAcknowledged))
        {
            AcknowledgedAll += batch.Acks == Acks.All ? 1 : 0;
            AcknowledgedLeader += batch.Acks == Acks.Leader ? 1 : 0;
        }
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Kills} kills ({KillsAtStart} of them during a startup), {Directories} directories, {Checks} checks, {Records} records in {Segments} segments, acknowledged batches: {AcknowledgedLeader} with acks=1, {AcknowledgedAll} with acks=all; no violation; {Seconds:0} s");
}
