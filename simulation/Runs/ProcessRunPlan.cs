namespace Zurau.Simulation;

/// <summary>
/// The plan of one process run: its settings, its actors and how it ends.
/// </summary>
internal sealed record ProcessRunPlan
{
    public int SegmentBytes { get; init; } = 4096;

    public int IndexIntervalBytes { get; init; } = 256;

    public int CheckpointMs { get; init; } = 60_000;

    public int MaxOpenSegments { get; init; } = 8192;

    /// <summary>
    /// True if two process runs precede this one that only open the directory and are
    /// killed. The second one must change nothing.
    /// </summary>
    public bool RecoversTwice { get; init; }

    /// <summary>The disk faults while the broker opens. They end when it is open.</summary>
    public IReadOnlyList<CrashOp> StartFaults { get; init; } = [];

    public IReadOnlyList<ActorPlan> Actors { get; init; } = [];

    public CrashKind Crash { get; init; }

    /// <summary>
    /// The step at which the process run crashes, counted from 1. A run with fewer steps
    /// ends with a clean shutdown.
    /// </summary>
    public long CrashStep { get; init; }

    /// <summary>
    /// True if <see cref="CrashStep"/> is counted from when the broker is open, so that
    /// the startup does not crash.
    /// </summary>
    public bool CrashesWhenOpen { get; init; }
}
