namespace Zurau.Testing.Simulation;

/// <summary>How one run went.</summary>
internal sealed record RunReport
{
    private const int KindLength = 30;

    public required ulong Seed { get; init; }

    /// <summary>What was wrong; null for nothing.</summary>
    public string? Violation { get; init; }

    /// <summary>What kind of violation it is: its words without its numbers.</summary>
    public string Kind => new([.. (Violation ?? "").TakeWhile(static c => c != '\n').Where(static c => !char.IsDigit(c)).Take(KindLength)]);

    /// <summary>The last steps before it.</summary>
    public IReadOnlyList<string> Timeline { get; init; } = [];

    public long Steps { get; init; }

    /// <summary>All events in 64 bits.</summary>
    public ulong Hash { get; init; }

    public long SimulatedMs { get; init; }

    public int Crashes { get; init; }

    /// <summary>Steps of each life.</summary>
    public IReadOnlyList<long> LifeSteps { get; init; } = [];

    /// <summary>How often each kind of step was taken.</summary>
    public long[] Points { get; init; } = [];

    public required Probes Probes { get; init; }
}
