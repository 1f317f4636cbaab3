namespace Zurau.Harness.Bench.Results;

/// <summary>Everything a run found: the content of <c>result.json</c>.</summary>
internal sealed record BenchResult(RunHeader Header, IReadOnlyList<Row> Rows);
