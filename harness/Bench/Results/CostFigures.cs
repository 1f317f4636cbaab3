namespace Zurau.Harness.Bench.Results;

/// <summary>Formats a cost as the columns of a table. Pure.</summary>
internal static class CostFigures
{
    internal static string[] Names { get; } = ["GC 0 / 1 / 2", "allocated, MB", "CPU, s", "cores used", "peak memory, MB", "of the"];

    internal static string[] Of(Cost cost) =>
    [
        $"{Figure.Of(cost.Gen0)} / {Figure.Of(cost.Gen1)} / {Figure.Of(cost.Gen2)}",
        Figure.Of(cost.AllocatedBytes / 1e6),
        Of(cost.CpuSeconds),
        Of(cost.CoresUsed),
        Of(cost.PeakBytes / 1e6),
        cost.Span,
    ];

    private static string Of(double? figure) => figure is double known ? Figure.Of(known) : "";
}
