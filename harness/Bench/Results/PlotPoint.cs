namespace Zurau.Harness.Bench.Results;

/// <summary>
/// The position of a row's figure in a chart. All rows of a chart have the same unit.
/// </summary>
/// <param name="Chart">The title of the chart.</param>
/// <param name="Series">The name of the line.</param>
/// <param name="Axis">The quantity on the horizontal axis, such as
/// <see cref="Bytes"/>.</param>
/// <param name="X">The value on that axis; above 0.</param>
internal sealed record PlotPoint(string Chart, string Series, string Axis, double X)
{
    internal const string Bytes = "bytes per record";
    internal const string Threads = "threads";
    internal const string Partitions = "partitions";
    internal const string Percentile = "percentile";

    /// <summary>
    /// Returns the point of a percentile, 0 to below 1. The axis shows the share above
    /// it, which enlarges the tail.
    /// </summary>
    internal static PlotPoint At(string chart, string series, double percentile) => new(chart, series, Percentile, PlaceOf(percentile));

    /// <summary>Returns the position of a percentile on its axis.</summary>
    internal static double PlaceOf(double percentile) => 1 / (1 - percentile);
}
