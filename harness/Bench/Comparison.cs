using Zurau.Harness.Bench.Results;

namespace Zurau.Harness.Bench;

/// <summary>
/// One row of two runs. It changed beyond noise when the values of the runs do not overlap at all: for five values each that happens by
/// chance in less than one of a hundred rows. Pure.
/// </summary>
/// <param name="Id">The row.</param>
/// <param name="Before">In the first run; null where it has no such row.</param>
/// <param name="After">In the second run; null where it has no such row.</param>
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

            // A single value has no spread to stay out of.
            if (Math.Min(Before.Runs, After.Runs) < FewestRuns || (After.Min <= Before.Max && Before.Min <= After.Max))
            {
                return Change.WithinNoise;
            }

            return After.Median > Before.Median == Units.IsMoreBetter(After.Unit) ? Change.Better : Change.Worse;
        }
    }

    /// <summary>The second run's median divided by the first one's.</summary>
    internal double? Ratio => Before is { Median: not 0 } && After is not null ? After.Median / Before.Median : null;

    internal static IReadOnlyList<Comparison> Of(BenchResult before, BenchResult after) =>
    [
        .. before.Rows.Concat(after.Rows).Select(static row => row.Id).Distinct()
            .Select(id => new Comparison(id, before.Rows.FirstOrDefault(row => row.Id == id), after.Rows.FirstOrDefault(row => row.Id == id))),
    ];
}
