using Zurau.Engine;
using Zurau.Engine.Storage;

namespace Zurau.Harness.Crash;

/// <summary>The options of one directory of a kill run, drawn from its seed by parent and child alike, so that every directory is another mixture.</summary>
/// <param name="Seed">What everything is drawn from.</param>
/// <param name="Partitions">Partitions of the topic.</param>
/// <param name="SegmentBytes">Small, so that logs roll all the time.</param>
/// <param name="IndexIntervalBytes">Bytes between two index entries.</param>
/// <param name="CheckpointMs">How often the offset checkpoints are written.</param>
/// <param name="Writers">Threads that append.</param>
/// <param name="AcksAllPercent">How many appends wait for the disk; of the others, one in ten asks for no answer at all.</param>
/// <param name="MaxValueBytes">The longest value.</param>
/// <param name="MaxOpenSegments">Few, so that full segments are closed and opened again.</param>
internal sealed record KillRunPlan(
    int Seed,
    int Partitions,
    int SegmentBytes,
    int IndexIntervalBytes,
    int CheckpointMs,
    int Writers,
    int AcksAllPercent,
    int MaxValueBytes,
    int MaxOpenSegments)
{
    internal const string Topic = "killed";
    internal const string Group = "killed-group";

    internal static KillRunPlan Draw(int seed)
    {
        var random = new Random(seed);
        return new KillRunPlan(
            seed,
            Partitions: random.Next(1, 5),
            SegmentBytes: 1 << random.Next(14, 19),
            IndexIntervalBytes: random.Next(100, 5000),
            CheckpointMs: random.Next(5, 300),
            Writers: random.Next(1, 5),
            AcksAllPercent: random.Next(4) switch { 0 => 0, 1 => 100, _ => random.Next(5, 95) },
            MaxValueBytes: 1 << random.Next(4, 11),
            MaxOpenSegments: random.Next(2) == 0 ? 4 : 8192);
    }

    internal Broker Open(string directory) => Broker.Open(new BrokerSettings
    {
        Storage = new FileStorage(directory),
        RandomSeed = Seed,
        LogSegmentBytes = SegmentBytes,
        LogIndexIntervalBytes = IndexIntervalBytes,
        LogFlushOffsetCheckpointIntervalMs = CheckpointMs,
        MaxOpenSegments = MaxOpenSegments,
    });
}
