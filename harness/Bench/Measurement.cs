using Zurau.Harness.Bench.Results;

namespace Zurau.Harness.Bench;

/// <summary>The result of one timed run.</summary>
/// <param name="Value">The value in the unit of the row: a rate, or the median of a
/// latency.</param>
/// <param name="Tail">The 99th percentile of a latency.</param>
/// <param name="AllocatedBytesPerRecord">Managed bytes that the whole process allocated,
/// divided by the records.</param>
/// <param name="Cost">The resource usage of the timed part; null for that of the whole
/// round.</param>
internal readonly record struct Measurement(double Value, double? Tail = null, double? AllocatedBytesPerRecord = null, Cost? Cost = null);
