namespace Zurau.Harness.Bench.Results;

/// <summary>Everything a run found: the content of <c>result.json</c>.</summary>
internal sealed record BenchResult(RunHeader Header, IReadOnlyList<Row> Rows)
{
    /// <summary>What was not measured, and why.</summary>
    public IReadOnlyList<string> NotRun { get; init; } = [];

    /// <summary>What should have been measured and failed, or was stopped, and why.</summary>
    public IReadOnlyList<string> Failed { get; init; } = [];

    /// <summary>How long each case took.</summary>
    public IReadOnlyList<CaseTime> Times { get; init; } = [];
}
