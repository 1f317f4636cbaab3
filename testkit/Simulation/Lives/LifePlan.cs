namespace Zurau.Testing.Simulation;

/// <summary>One life of the process: its settings, its actors and its end.</summary>
internal sealed record LifePlan
{
    public int SegmentBytes { get; init; } = 4096;

    public int IndexIntervalBytes { get; init; } = 256;

    public int CheckpointMs { get; init; } = 60_000;

    public int MaxOpenSegments { get; init; } = 8192;

    /// <summary>Before the life, two others only open the directory and are killed: the second one has nothing left to mend.</summary>
    public bool RecoversTwice { get; init; }

    /// <summary>What is wrong with the disk while the broker opens; once it is open, the disk is sound.</summary>
    public IReadOnlyList<CrashOp> StartFaults { get; init; } = [];

    public IReadOnlyList<ActorPlan> Actors { get; init; } = [];

    public CrashKind Crash { get; init; }

    /// <summary>At which step of the life it crashes, counted from 1; a life that is shorter is closed in good order.</summary>
    public long CrashStep { get; init; }
}
