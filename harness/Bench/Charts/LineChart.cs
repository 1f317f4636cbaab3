using Zurau.Harness.Bench.Results;

namespace Zurau.Harness.Bench.Charts;

/// <summary>Draws rows as lines of medians with their spread: one line a series. Pure.</summary>
internal static class LineChart
{
    private const int Width = 860;
    private const int Height = 420;
    private const int Left = 80;
    private const int Top = 50;
    private const int PlotWidth = 540;
    private const int PlotHeight = 300;
    private const string Grid = "#ddd";

    /// <summary>Draws the rows that have a point in a chart; at least one.</summary>
    internal static string Draw(string title, IReadOnlyList<(PlotPoint Point, Row Row)> points)
    {
        var svg = new Svg(Width, Height);
        var x = new AxisScale(points.Min(static one => one.Point.X), points.Max(static one => one.Point.X));
        var y = new AxisScale(points.Min(static one => Positive(one.Row.Min, one.Row.Median)), points.Max(static one => one.Row.Max));
        double AtX(double value) => Left + (PlotWidth * x.Share(value));
        double AtY(double value) => Top + PlotHeight - (PlotHeight * y.Share(value));

        string axis = points[0].Point.Axis;
        svg.Text(Left, Top - 20, $"{title}, {points[0].Row.Unit}", size: 16);
        foreach (double tick in y.Ticks())
        {
            svg.Line(Left, AtY(tick), Left + PlotWidth, AtY(tick), Grid);
            svg.Text(Left - 8, AtY(tick) + 4, Figure.Of(tick), "end");
        }

        foreach (double place in points.Select(static one => one.Point.X).Distinct().Order())
        {
            svg.Line(AtX(place), Top, AtX(place), Top + PlotHeight, Grid);
            svg.Text(AtX(place), Top + PlotHeight + 18, AxisScale.Label(axis, place), "middle");
        }

        svg.Text(Left + (PlotWidth / 2), Top + PlotHeight + 42, axis, "middle");
        int number = 0;
        foreach (IGrouping<string, (PlotPoint Point, Row Row)> series in points.GroupBy(static one => one.Point.Series))
        {
            string colour = Svg.Palette[number % Svg.Palette.Length];
            (PlotPoint Point, Row Row)[] line = [.. series.OrderBy(static one => one.Point.X)];
            svg.Path(line.Select(one => (AtX(one.Point.X), AtY(one.Row.Median))), colour);
            foreach ((PlotPoint point, Row row) in line)
            {
                svg.Line(AtX(point.X), AtY(Positive(row.Min, row.Median)), AtX(point.X), AtY(row.Max), colour);
                svg.Dot(AtX(point.X), AtY(row.Median), colour, $"{row.Id}: {Figure.Of(row.Median)} {row.Unit} ({Figure.Of(row.Min)} – {Figure.Of(row.Max)})");
            }

            double legend = Top + 10 + (number++ * 20);
            svg.Line(Left + PlotWidth + 20, legend, Left + PlotWidth + 44, legend, colour, 3);
            svg.Text(Left + PlotWidth + 50, legend + 4, series.Key);
        }

        return svg.ToString();
    }

    private static double Positive(double value, double otherwise) => value > 0 ? value : otherwise;
}
