namespace Zurau.Inspection;

/// <summary>The values of a batch that the indexes of its segment must contain.</summary>
internal readonly record struct SegmentBatch(long Position, long LastOffset, long MaxTimestamp);
