namespace Zurau.Harness.Bench.Results;

internal readonly record struct CurvePoint(double X, double Y);
