namespace Zurau.Engine.Log;

/// <summary>
/// Says when a segment is full although it has room for bytes: its time is over, or its index files would be. Kafka's rules: time is that of
/// the records, from the segment's first batch to the one that comes; only where records have none does the clock count.
/// </summary>
internal sealed class RollPolicy(LogSettings settings, TimeProvider time)
{
    private readonly int _maxOffsetEntries = settings.SegmentIndexBytes / IndexFiles.OffsetEntrySize;

    // The last slot is kept for the entry that closes the index.
    private readonly int _maxTimeEntries = Math.Max(1, (settings.SegmentIndexBytes / IndexFiles.TimeEntrySize) - 1);

    /// <summary>Tells whether a batch with this largest timestamp has to begin a new segment. The segment is not empty.</summary>
    internal bool IsDue(LogSegment segment, long maxTimestamp)
    {
        if (segment.Offsets.Count >= _maxOffsetEntries || segment.Times.Count >= _maxTimeEntries)
        {
            return true;
        }

        long first = segment.FirstTimestamp;
        if (first >= 0)
        {
            return maxTimestamp - first > settings.SegmentMs - Jitter(segment);
        }

        // Not known yet: the first batch has just been published. Or it has no timestamp.
        return first == LogSegment.NoTimestamp && time.GetUtcNow().ToUnixTimeMilliseconds() - segment.CreatedMs > settings.SegmentMs - Jitter(segment);
    }

    private long Jitter(LogSegment segment)
    {
        long most = Math.Min(settings.SegmentJitterMs, settings.SegmentMs);
        return most == 0 ? 0 : new Random(unchecked(settings.RandomSeed + (int)segment.BaseOffset)).NextInt64(most);
    }
}
