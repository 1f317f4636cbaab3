namespace Zurau.Harness.Bench.Results;

/// <summary>
/// The resource usage of a row's work per round: medians over the rounds, except for peak
/// memory, which is the maximum.
/// </summary>
/// <param name="Span">The measured span: <see cref="Timed"/>, <see cref="Round"/>,
/// <see cref="Child"/> or <see cref="Micro"/>.</param>
/// <param name="Gen0">Garbage collections of generation 0 only.</param>
/// <param name="Gen1">Garbage collections of generations 0 and 1.</param>
/// <param name="Gen2">Garbage collections of all generations.</param>
/// <param name="AllocatedBytes">Managed bytes that the process allocated.</param>
/// <param name="CpuSeconds">User and system time of all threads; null if it was not
/// measured.</param>
/// <param name="CoresUsed">The CPU time divided by the elapsed time.</param>
/// <param name="PeakBytes">The maximum of resident memory, including mapped pages of
/// files; null if the system does not report it.</param>
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

    /// <summary>Combines the rounds of one contestant; requires at least one.</summary>
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
