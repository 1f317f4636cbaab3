using Zurau.Harness.Bench.Results;

namespace Zurau.Harness.Bench.Charts;

/// <summary>Draws lines of medians with their spread. Pure.</summary>
internal static class LineChart
{
    private const int Width = 860;
    private const int Height = 420;
    private const int Left = 80;
    private const int Top = 50;
    private const int PlotWidth = 540;
    private const int PlotHeight = 300;
    private const int MostLabels = 10;
    private const string Grid = "#ddd";

    /// <summary>Draws the points of a chart; requires at least one.</summary>
    internal static string Draw(string title, IReadOnlyList<ChartPoint> points)
    {
        var svg = new Svg(Width, Height);
        var x = new AxisScale(points.Min(static point => point.X), points.Max(static point => point.X));
        string axis = points[0].Axis;
        var y = new AxisScale(points.Min(static point => Positive(point.Min, point.Y)), points.Max(static point => point.Max), axis == PlotPoint.Percentile);
        double AtX(double value) => Left + (PlotWidth * x.Share(value));
        double AtY(double value) => Top + PlotHeight - (PlotHeight * y.Share(value));

        svg.Text(Left, Top - 20, y.IsLogarithmic ? title + " (log scale)" : title, size: 16);
        foreach (double tick in y.Ticks())
        {
            svg.Line(Left, AtY(tick), Left + PlotWidth, AtY(tick), Grid);
            svg.Text(Left - 8, AtY(tick) + 4, Figure.Round(tick), "end");
        }

        double[] places = [.. points.Select(static point => point.X).Distinct().Order()];
        foreach (double place in places.Length <= MostLabels ? places : x.Ticks())
        {
            svg.Line(AtX(place), Top, AtX(place), Top + PlotHeight, Grid);
            svg.Text(AtX(place), Top + PlotHeight + 18, AxisScale.Label(axis, place), "middle");
        }

        svg.Text(Left + (PlotWidth / 2), Top + PlotHeight + 42, axis, "middle");
        int number = 0;
        foreach (IGrouping<string, ChartPoint> series in points.GroupBy(static point => point.Series))
        {
            string colour = Svg.Palette[number % Svg.Palette.Length];
            ChartPoint[] line = [.. series.OrderBy(static point => point.X)];
            svg.Path(line.Select(point => (AtX(point.X), AtY(point.Y))), colour);
            foreach (ChartPoint point in line)
            {
                svg.Line(AtX(point.X), AtY(Positive(point.Min, point.Y)), AtX(point.X), AtY(point.Max), colour);
                svg.Dot(AtX(point.X), AtY(point.Y), colour, point.Tip);
            }

            double legend = Top + 10 + (number++ * 20);
            svg.Line(Left + PlotWidth + 20, legend, Left + PlotWidth + 44, legend, colour, 3);
            svg.Text(Left + PlotWidth + 50, legend + 4, series.Key);
        }

        return svg.ToString();
    }

    private static double Positive(double value, double otherwise) => value > 0 ? value : otherwise;
}
