using System.Globalization;
using Zurau.Engine.Common;

namespace Zurau.Harness.Crash;

/// <summary>What a kill run did.</summary>
internal sealed class KillRunResult
{
    internal int Kills { get; set; }

    /// <summary>Kills while the process started or recovered.</summary>
    internal int KillsAtStart { get; set; }

    /// <summary>How often a directory was opened and compared with the expected state.</summary>
    internal int Checks { get; set; }

    internal int Directories { get; set; }

    internal double Seconds { get; set; }

    /// <summary>Records in the logs at the end of each directory's time.</summary>
    internal long Records { get; private set; }

    internal long Segments { get; private set; }

    /// <summary>Acknowledged batches, each compared at every check.</summary>
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
        $"{Kills} kills ({KillsAtStart} of them during a start), {Directories} directories, {Checks} checks, {Records} records in {Segments} segments, acknowledged batches: {AcknowledgedLeader} with acks=1, {AcknowledgedAll} with acks=all; no violation; {Seconds:0} s");
}
