using Zurau.Harness.Bench.Results;

namespace Zurau.Harness.Bench.Charts;

/// <summary>A point of a line, with its spread and its tooltip.</summary>
internal sealed record ChartPoint(string Chart, string Series, string Axis, double X, double Y, double Min, double Max, string Tip)
{
    /// <summary>Returns all points of a row.</summary>
    internal static IEnumerable<ChartPoint> Of(Row row) =>
    [
        .. row.Plots.Select(plot => new ChartPoint(
            $"{plot.Chart}, {row.Unit}", plot.Series, plot.Axis, plot.X, row.Median, row.Min, row.Max,
            $"{row.Id}: {Figure.Of(row.Median)} {row.Unit} ({Figure.Of(row.Min)} – {Figure.Of(row.Max)})")),
        .. row.Curves.SelectMany(curve => curve.Points.Select(point => new ChartPoint(
            curve.Chart, curve.Series, curve.Axis, point.X, point.Y, point.Y, point.Y, $"{curve.Series}: {Figure.Of(point.Y)} at {Figure.Of(point.X)}"))),
    ];
}
