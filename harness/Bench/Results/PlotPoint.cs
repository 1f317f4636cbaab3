namespace Zurau.Harness.Bench.Results;

/// <summary>Where a row's figure stands in a chart. Rows of one chart share their unit.</summary>
/// <param name="Chart">The chart, by its title.</param>
/// <param name="Series">The line that it belongs to.</param>
/// <param name="Axis">What runs to the right, such as <see cref="Bytes"/>.</param>
/// <param name="X">The place on that axis; above 0.</param>
internal sealed record PlotPoint(string Chart, string Series, string Axis, double X)
{
    internal const string Bytes = "bytes a record";
    internal const string Threads = "threads";
    internal const string Partitions = "partitions";
    internal const string Percentile = "percentile";

    /// <summary>A percentile (0 to 1, below 1), drawn by what is left above it, so that the tail has room.</summary>
    internal static PlotPoint At(string chart, string series, double percentile) => new(chart, series, Percentile, PlaceOf(percentile));

    /// <summary>Where a percentile stands on its axis.</summary>
    internal static double PlaceOf(double percentile) => 1 / (1 - percentile);
}
