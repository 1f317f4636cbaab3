namespace Zurau;

/// <summary>The range of readable offsets of a partition.</summary>
/// <param name="Start">The first offset that can be read.</param>
/// <param name="End">The exclusive end: the offset of the next record.</param>
public readonly record struct OffsetRange(long Start, long End);
