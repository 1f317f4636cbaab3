namespace Zurau.Harness.Bench;

/// <summary>A set of cases that can be asked for by name.</summary>
internal sealed record Suite(string Name, string What, IReadOnlyList<BenchCase> Cases);
