namespace Zurau.Harness.Bench.Results;

/// <summary>A point of a <see cref="Curve"/>.</summary>
internal readonly record struct CurvePoint(double X, double Y);
