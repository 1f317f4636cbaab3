namespace Zurau.Harness.Bench;

/// <summary>The amount of work of a size.</summary>
internal sealed record Scale
{
    internal const string QuickName = "quick";

    private const int KiB = 1024;
    private const int MiB = 1024 * KiB;

    internal required string Name { get; init; }

    internal required int Runs { get; init; }

    /// <summary>Gets whether a warm-up round runs first.</summary>
    internal required bool HasWarmUp { get; init; }

    /// <summary>Gets the number of runs including the warm-up round.</summary>
    internal int Rounds => Runs + (HasWarmUp ? 1 : 0);

    /// <summary>Gets the bytes that one run appends.</summary>
    internal required long AppendBytes { get; init; }

    /// <summary>Gets <c>segment.bytes</c> of appends: several segments per run.</summary>
    internal required int SegmentBytes { get; init; }

    /// <summary>Gets the batches of one record that one run appends.</summary>
    internal required int SmallBatches { get; init; }

    /// <summary>Gets the bytes of the log that one run fetches.</summary>
    internal required long FetchBytes { get; init; }

    /// <summary>Gets the sequential durable appends of one run.</summary>
    internal required int DurableAppends { get; init; }

    /// <summary>Gets the durable appends of concurrent senders in one run.</summary>
    internal required int ConcurrentAppends { get; init; }

    /// <summary>Gets the bytes of the log that is recovered.</summary>
    internal required long RecoveryBytes { get; init; }

    /// <summary>
    /// Gets the partitions of the clean startup, and of appends to many partitions.
    /// </summary>
    internal required int Partitions { get; init; }

    /// <summary>Gets the topics that are created.</summary>
    internal required int Topics { get; init; }

    /// <summary>Gets the partitions of a large directory.</summary>
    internal required int ManyPartitions { get; init; }

    /// <summary>Gets the partitions of a topic that is deleted.</summary>
    internal required int DeletedPartitions { get; init; }

    /// <summary>Gets the bytes of the synthetic log that is opened.</summary>
    internal required long SyntheticBytes { get; init; }

    /// <summary>
    /// Gets the bytes that one run of a memory or page cache limit processes.
    /// </summary>
    internal required int LimitBytes { get; init; }

    /// <summary>Gets the memory of FasterLog; its page size is a 64th of it.</summary>
    internal required int PeerMemoryBytes { get; init; }

    /// <summary>Gets the bytes that one run of a client sends or polls.</summary>
    internal required long ClientBytes { get; init; }

    /// <summary>Gets the seconds that one run of an open loop sends.</summary>
    internal required double OpenLoopSeconds { get; init; }

    /// <summary>Gets the size for which durations are known.</summary>
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
