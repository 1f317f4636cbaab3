using Zurau.Harness.Bench.Results;

namespace Zurau.Harness.Bench;

/// <summary>What one timed run gave.</summary>
/// <param name="Value">In the unit of the row: a rate, or the median of a latency.</param>
/// <param name="Tail">The 99th percentile of a latency.</param>
/// <param name="AllocatedBytesPerRecord">Managed bytes that the whole process allocated, divided by the records.</param>
/// <param name="Cost">What the timed part used up; null where the whole round is to be looked at.</param>
internal readonly record struct Measurement(double Value, double? Tail = null, double? AllocatedBytesPerRecord = null, Cost? Cost = null);
