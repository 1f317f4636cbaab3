namespace Zurau.Harness.Bench.Results;

/// <summary>A limit of the machine, measured in the same run, and how near a figure comes to it (1 is all of it).</summary>
internal sealed record LimitShare(string Name, double Value, string Unit, double Share);
