namespace Zurau.Testing.Simulation;

/// <summary>The context of a run, apart from its plan.</summary>
internal sealed record RunContext
{
    public required ActorThreads Threads { get; init; }

    /// <summary>The number of last steps that a report shows.</summary>
    public int TimelineLength { get; init; } = 60;

    public Mutant? Mutant { get; init; }

    /// <summary>
    /// Checks a data directory after a clean shutdown with another reader; the second argument is true if its disk had faults. Returns what
    /// it found; null for nothing.
    /// </summary>
    public Func<SimDisk, bool, string?>? CheckDirectory { get; init; }
}
