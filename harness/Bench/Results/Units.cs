namespace Zurau.Harness.Bench.Results;

internal static class Units
{
    /// <summary>Returns true for rates, false for times and resource usage.</summary>
    internal static bool IsMoreBetter(string unit) => unit.EndsWith("/s", StringComparison.Ordinal);
}
