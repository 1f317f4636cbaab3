namespace Zurau.Harness.Bench;

/// <summary>How much work a size does.</summary>
internal sealed record Scale
{
    internal const string QuickName = "quick";

    private const int KiB = 1024;
    private const int MiB = 1024 * KiB;

    internal required string Name { get; init; }

    /// <summary>Timed runs of everything.</summary>
    internal required int Runs { get; init; }

    /// <summary>Whether a round is thrown away first.</summary>
    internal required bool HasWarmUp { get; init; }

    /// <summary>Runs with the one that is thrown away.</summary>
    internal int Rounds => Runs + (HasWarmUp ? 1 : 0);

    /// <summary>Bytes that one run appends.</summary>
    internal required long AppendBytes { get; init; }

    /// <summary><c>segment.bytes</c> of appends: several segments a run.</summary>
    internal required int SegmentBytes { get; init; }

    /// <summary>Batches of one record that one run appends.</summary>
    internal required int SmallBatches { get; init; }

    /// <summary>Bytes of the log that one run fetches.</summary>
    internal required long FetchBytes { get; init; }

    /// <summary>Durable appends, one at a time, of one run.</summary>
    internal required int DurableAppends { get; init; }

    /// <summary>Durable appends by concurrent senders of one run.</summary>
    internal required int ConcurrentAppends { get; init; }

    /// <summary>Bytes of the log that is recovered.</summary>
    internal required long RecoveryBytes { get; init; }

    /// <summary>Partitions of the clean start, and of appends over many of them.</summary>
    internal required int Partitions { get; init; }

    /// <summary>Topics that are created.</summary>
    internal required int Topics { get; init; }

    /// <summary>Partitions of a large directory.</summary>
    internal required int ManyPartitions { get; init; }

    /// <summary>Partitions of a topic that is deleted.</summary>
    internal required int DeletedPartitions { get; init; }

    /// <summary>Bytes of the synthetic log that is opened.</summary>
    internal required long SyntheticBytes { get; init; }

    /// <summary>Bytes that a limit of memory or page cache goes over in one run.</summary>
    internal required int LimitBytes { get; init; }

    /// <summary>FasterLog's memory; its page is a 64th of it.</summary>
    internal required int PeerMemoryBytes { get; init; }

    /// <summary>Bytes that one run of the client's path sends or polls.</summary>
    internal required long ClientBytes { get; init; }

    /// <summary>Seconds that one run of an open loop sends.</summary>
    internal required double OpenLoopSeconds { get; init; }

    /// <summary>The size that durations are known of.</summary>
    internal static Scale Quick => All.First(static scale => scale.Name == QuickName);

    internal static IReadOnlyList<Scale> All { get; } =
    [
        new()
        {
            Name = "smoke",
            Runs = 1,
            HasWarmUp = false,
            AppendBytes = 4 * MiB,
            SegmentBytes = MiB,
            SmallBatches = 2_000,
            FetchBytes = 4 * MiB,
            DurableAppends = 5,
            ConcurrentAppends = 200,
            RecoveryBytes = 4 * MiB,
            Partitions = 5,
            Topics = 20,
            ManyPartitions = 20,
            DeletedPartitions = 20,
            SyntheticBytes = 16L * MiB,
            LimitBytes = 4 * MiB,
            PeerMemoryBytes = 4 * MiB,
            ClientBytes = MiB,
            OpenLoopSeconds = 0.05,
        },
        new()
        {
            Name = QuickName,
            Runs = 5,
            HasWarmUp = true,
            AppendBytes = 256 * MiB,
            SegmentBytes = 64 * MiB,
            SmallBatches = 1_000_000,
            FetchBytes = 320 * MiB,
            DurableAppends = 400,
            ConcurrentAppends = 20_000,
            RecoveryBytes = 768 * MiB,
            Partitions = 1_000,
            Topics = 4_000,
            ManyPartitions = 10_000,
            DeletedPartitions = 500,
            SyntheticBytes = 1024L * 1024 * MiB,
            LimitBytes = 256 * MiB,
            PeerMemoryBytes = 256 * MiB,
            ClientBytes = 128 * MiB,
            OpenLoopSeconds = 1,
        },
        new()
        {
            Name = "full",
            Runs = 5,
            HasWarmUp = true,
            AppendBytes = 1024 * MiB,
            SegmentBytes = 256 * MiB,
            SmallBatches = 4_000_000,
            FetchBytes = 1024 * MiB,
            DurableAppends = 2_000,
            ConcurrentAppends = 100_000,
            RecoveryBytes = 2048L * MiB,
            Partitions = 1_000,
            Topics = 4_000,
            ManyPartitions = 10_000,
            DeletedPartitions = 500,
            SyntheticBytes = 1024L * 1024 * MiB,
            LimitBytes = 512 * MiB,
            PeerMemoryBytes = 256 * MiB,
            ClientBytes = 256 * MiB,
            OpenLoopSeconds = 3,
        },
    ];
}
