namespace Zurau;

/// <summary>The range of readable offsets of a partition.</summary>
/// <param name="Low">The first offset that can be read.</param>
/// <param name="High">The exclusive end offset: the high watermark, or the last stable offset for <c>read_committed</c>.</param>
public readonly record struct WatermarkOffsets(long Low, long High);
