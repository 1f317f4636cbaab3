namespace Zurau.Harness.Bench.Results;

/// <summary>What the units of rows mean.</summary>
internal static class Units
{
    /// <summary>True for rates, false for times and for what is used up.</summary>
    internal static bool IsMoreBetter(string unit) => unit.EndsWith("/s", StringComparison.Ordinal);
}
