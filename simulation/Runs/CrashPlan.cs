namespace Zurau.Simulation;

/// <summary>
/// All decisions before a run. The seed determines the schedule of the actors and which
/// data survives a crash.
/// </summary>
internal sealed record CrashPlan
{
    public ulong Seed { get; init; }

    public string Profile { get; init; } = nameof(DiskProfile.Nasty);

    public int Partitions { get; init; } = 1;

    public int FlushMessages { get; init; }

    /// <summary><c>retention.bytes</c> of the topic; 0 for no limit.</summary>
    public int RetentionBytes { get; init; }

    /// <summary>
    /// Scenario 'log': the interval of retention checks, in milliseconds; 0 for the
    /// default.
    /// </summary>
    public int RetentionCheckMs { get; init; }

    /// <summary><c>delete.retention.ms</c> of a compacted topic.</summary>
    public long DeleteRetentionMs { get; init; }

    /// <summary>
    /// The size in bytes of the segment of partition 0 before the first process run, see
    /// <see cref="LargeSegment"/>; 0 for an empty segment.
    /// </summary>
    public int LargeSegmentBytes { get; init; }

    public IReadOnlyList<ProcessRunPlan> Runs { get; init; } = [];
}
