namespace Zurau.Testing.Simulation;

/// <summary>All that is decided before a run; the seed decides who moves when and what a crash leaves.</summary>
internal sealed record CrashPlan
{
    public ulong Seed { get; init; }

    public string Profile { get; init; } = nameof(DiskProfile.Nasty);

    public int Partitions { get; init; } = 1;

    public int FlushMessages { get; init; }

    /// <summary><c>retention.bytes</c> of the topic; 0 for any size.</summary>
    public int RetentionBytes { get; init; }

    /// <summary>Scenario 'log': how often segments below the log start are looked for; 0 for the default.</summary>
    public int RetentionCheckMs { get; init; }

    /// <summary><c>delete.retention.ms</c> of a compacted topic.</summary>
    public long DeleteRetentionMs { get; init; }

    /// <summary>The bytes that the segment of partition 0 has before the first life, see <see cref="LargeSegment"/>; 0 for an empty one.</summary>
    public int LargeSegmentBytes { get; init; }

    public IReadOnlyList<LifePlan> Lives { get; init; } = [];
}
