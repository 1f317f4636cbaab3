namespace Zurau.Harness.Bench.Results;

/// <summary>The duration of a case and its expected duration.</summary>
internal sealed record CaseTime(string Suite, string Case, double Seconds, double Expected);
