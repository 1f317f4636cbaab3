namespace Zurau.Harness.Inspection;

/// <summary>A batch of a segment, as its indexes should know it.</summary>
internal readonly record struct SegmentBatch(long Position, long LastOffset, long MaxTimestamp);
