namespace Zurau.Harness.Bench.Results;

/// <summary>
/// A limit of the machine, measured in the same run, and the share of it that a figure
/// reaches (1 is all of it).
/// </summary>
internal sealed record LimitShare(string Name, double Value, string Unit, double Share);
