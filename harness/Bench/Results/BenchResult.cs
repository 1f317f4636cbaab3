namespace Zurau.Harness.Bench.Results;

/// <summary>The complete result of a run: the content of <c>result.json</c>.</summary>
internal sealed record BenchResult(RunHeader Header, IReadOnlyList<Row> Rows)
{
    /// <summary>Gets what was not measured, and why.</summary>
    public IReadOnlyList<string> NotRun { get; init; } = [];

    /// <summary>Gets what failed or was stopped, and why.</summary>
    public IReadOnlyList<string> Failed { get; init; } = [];

    /// <summary>Gets the duration of each case.</summary>
    public IReadOnlyList<CaseTime> Times { get; init; } = [];
}
