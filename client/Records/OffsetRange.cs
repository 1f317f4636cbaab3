namespace Zurau;

/// <summary>What a partition holds.</summary>
/// <param name="Start">The first offset that can be read.</param>
/// <param name="End">The offset of the next record to come.</param>
public readonly record struct OffsetRange(long Start, long End);
