namespace Zurau.Testing.Simulation;

/// <summary>What a run needs beside its plan.</summary>
internal sealed record RunContext
{
    public required ActorThreads Threads { get; init; }

    /// <summary>How many of the last steps a report shows.</summary>
    public int TimelineLength { get; init; } = 60;

    public Mutant? Mutant { get; init; }

    /// <summary>Checks a cleanly closed directory by another reader, also whether its disk had faults; returns what it found, null for nothing.</summary>
    public Func<SimDisk, bool, string?>? CheckDirectory { get; init; }
}
