namespace Zurau.Testing.Simulation;

internal sealed record RunReport
{
    private const int KindLength = 30;

    public required ulong Seed { get; init; }

    /// <summary>The violation; null for none.</summary>
    public string? Violation { get; init; }

    /// <summary>
    /// The kind of the violation: the beginning of its text without digits.
    /// </summary>
    public string Kind => new([.. (Violation ?? "").TakeWhile(static c => c != '\n').Where(static c => !char.IsDigit(c)).Take(KindLength)]);

    /// <summary>The last steps before the violation.</summary>
    public IReadOnlyList<string> Timeline { get; init; } = [];

    public long Steps { get; init; }

    /// <summary>A hash of all events.</summary>
    public ulong Hash { get; init; }

    public long SimulatedMs { get; init; }

    public int Crashes { get; init; }

    /// <summary>The number of steps of each process run.</summary>
    public IReadOnlyList<long> RunSteps { get; init; } = [];

    /// <summary>The number of executed steps of each kind.</summary>
    public long[] Points { get; init; } = [];

    public required Probes Probes { get; init; }
}
