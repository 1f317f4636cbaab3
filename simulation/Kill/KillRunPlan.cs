using Zurau.Engine;
using Zurau.Engine.Storage;

namespace Zurau.Simulation;

/// <summary>
/// The options of one directory of a kill run. Parent and child process draw them from
/// the same seed, which differs per directory.
/// </summary>
/// <param name="Seed">The seed.</param>
/// <param name="Partitions">The number of partitions of the topic.</param>
/// <param name="SegmentBytes">The segment size; small, so that logs roll often.</param>
/// <param name="IndexIntervalBytes">The bytes between two index entries.</param>
/// <param name="CheckpointMs">The interval of the offset checkpoints.</param>
/// <param name="Writers">The number of threads that append.</param>
/// <param name="AcksAllPercent">The percentage of appends that wait for the disk; of the
/// others, one in ten has acks=0.</param>
/// <param name="MaxValueBytes">The maximum size of a value.</param>
/// <param name="MaxOpenSegments">The maximum number of open segments; small, so that full
/// segments are closed and opened again.</param>
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
