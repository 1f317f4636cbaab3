namespace Zurau.Harness.Bench.Results;

/// <summary>A line of a chart from one run of a row, such as memory over time.</summary>
/// <param name="Chart">The title of the chart, with its unit.</param>
/// <param name="Series">The name of the line.</param>
/// <param name="Axis">The quantity on the horizontal axis.</param>
/// <param name="Points">The points from left to right.</param>
internal sealed record Curve(string Chart, string Series, string Axis, IReadOnlyList<CurvePoint> Points);
