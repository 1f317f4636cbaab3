namespace Zurau.Testing.Simulation;

/// <summary>The context of a run, apart from its plan.</summary>
internal sealed record RunContext
{
    public required ActorThreads Threads { get; init; }

    /// <summary>The number of last steps that a report shows.</summary>
    public int TimelineLength { get; init; } = 60;

    public Mutant? Mutant { get; init; }

    /// <summary>
    /// Checks a data directory after a clean shutdown with an independent reader. The
    /// second argument is true if the disk had faults. Returns the findings; null for
    /// none.
    /// </summary>
    public Func<SimDisk, bool, string?>? CheckDirectory { get; init; }
}
