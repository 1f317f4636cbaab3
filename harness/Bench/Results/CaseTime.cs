namespace Zurau.Harness.Bench.Results;

/// <summary>How long a case took, and how long it was expected to.</summary>
internal sealed record CaseTime(string Suite, string Case, double Seconds, double Expected);
