namespace Zurau.Simulation;

/// <summary>The plan of one process run: its settings, its actors and how it ends.</summary>
internal sealed record LifePlan
{
    public int SegmentBytes { get; init; } = 4096;

    public int IndexIntervalBytes { get; init; } = 256;

    public int CheckpointMs { get; init; } = 60_000;

    public int MaxOpenSegments { get; init; } = 8192;

    /// <summary>
    /// True if two process runs come before this one that only open the directory and are killed: the second must have nothing left to
    /// recover.
    /// </summary>
    public bool RecoversTwice { get; init; }

    /// <summary>The disk faults while the broker opens; they end when it is open.</summary>
    public IReadOnlyList<CrashOp> StartFaults { get; init; } = [];

    public IReadOnlyList<ActorPlan> Actors { get; init; } = [];

    public CrashKind Crash { get; init; }

    /// <summary>The step of the process run at which it crashes, counted from 1. If it has fewer steps, it ends with a clean shutdown.</summary>
    public long CrashStep { get; init; }

    /// <summary>True if <see cref="CrashStep"/> is counted from when the broker is open: the startup does not crash, however many steps it has.</summary>
    public bool CrashesWhenOpen { get; init; }
}
