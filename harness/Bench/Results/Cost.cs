namespace Zurau.Harness.Bench.Results;

/// <summary>What a row's work used up, for one round: medians over the rounds, of the memory the most.</summary>
/// <param name="Span">What was looked at: <see cref="Timed"/>, <see cref="Round"/>, <see cref="Child"/> or <see cref="Micro"/>.</param>
/// <param name="Gen0">Garbage collections that went no further than generation 0.</param>
/// <param name="Gen1">Those that went to generation 1.</param>
/// <param name="Gen2">Those of everything.</param>
/// <param name="AllocatedBytes">Managed bytes that the process allocated.</param>
/// <param name="CpuSeconds">User and system time of all threads; null where nobody looked.</param>
/// <param name="CoresUsed">That time divided by the clock's.</param>
/// <param name="PeakBytes">The most memory that was resident, mapped pages of files included; null where the system does not say.</param>
internal sealed record Cost(
    string Span,
    double Gen0,
    double Gen1,
    double Gen2,
    double AllocatedBytes,
    double? CpuSeconds,
    double? CoresUsed,
    double? PeakBytes)
{
    internal const string Timed = "timed part";
    internal const string Round = "whole round";
    internal const string Child = "child process";
    internal const string Micro = "all iterations";

    /// <summary>Joins the rounds of one contestant; at least one.</summary>
    internal static Cost Of(IReadOnlyCollection<Cost> rounds) => new(
        rounds.First().Span,
        Median(rounds, static cost => cost.Gen0)!.Value,
        Median(rounds, static cost => cost.Gen1)!.Value,
        Median(rounds, static cost => cost.Gen2)!.Value,
        Median(rounds, static cost => cost.AllocatedBytes)!.Value,
        Median(rounds, static cost => cost.CpuSeconds),
        Median(rounds, static cost => cost.CoresUsed),
        rounds.Max(static cost => cost.PeakBytes));

    private static double? Median(IEnumerable<Cost> rounds, Func<Cost, double?> figure)
    {
        double[] values = [.. rounds.Select(figure).OfType<double>()];
        return values.Length == 0 ? null : Percentiles.Median(values);
    }
}
