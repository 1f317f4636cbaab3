namespace Zurau.Harness.Bench.Results;

/// <summary>A line of a chart that a row's run drew by itself, such as memory over time.</summary>
/// <param name="Chart">The chart, by its title with its unit.</param>
/// <param name="Series">The line.</param>
/// <param name="Axis">What runs to the right.</param>
/// <param name="Points">From left to right.</param>
internal sealed record Curve(string Chart, string Series, string Axis, IReadOnlyList<CurvePoint> Points);
