namespace Zurau.Harness.Bench;

/// <summary>A set of cases with a name.</summary>
internal sealed record Suite(string Name, string What, IReadOnlyList<BenchCase> Cases);
