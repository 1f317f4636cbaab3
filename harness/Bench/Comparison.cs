using Zurau.Harness.Bench.Results;

namespace Zurau.Harness.Bench;

/// <summary>
/// Compares a row of two runs. A change exceeds noise if the values of the two runs do
/// not overlap. With five values each, this happens by chance in less than 1 % of the
/// rows.
/// </summary>
/// <param name="Id">The id of the row.</param>
/// <param name="Before">The row of the first run; null for none.</param>
/// <param name="After">The row of the second run; null for none.</param>
internal sealed record Comparison(string Id, Row? Before, Row? After)
{
    private const int FewestRuns = 3;

    internal Change Change
    {
        get
        {
            if (Before is null || After is null)
            {
                return Before is null ? Change.Added : Change.Removed;
            }

            // Few values have no reliable spread to compare with.
            if (Math.Min(Before.Runs, After.Runs) < FewestRuns || (After.Min <= Before.Max && Before.Min <= After.Max))
            {
                return Change.WithinNoise;
            }

            return After.Median > Before.Median == Units.IsMoreBetter(After.Unit) ? Change.Better : Change.Worse;
        }
    }

    /// <summary>
    /// Gets the median of the second run divided by that of the first one.
    /// </summary>
    internal double? Ratio => Before is { Median: not 0 } && After is not null ? After.Median / Before.Median : null;

    internal static IReadOnlyList<Comparison> Of(BenchResult before, BenchResult after) =>
    [
        .. before.Rows.Concat(after.Rows).Select(static row => row.Id).Distinct()
            .Select(id => new Comparison(id, before.Rows.FirstOrDefault(row => row.Id == id), after.Rows.FirstOrDefault(row => row.Id == id))),
    ];
}
