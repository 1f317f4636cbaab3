namespace Zurau.Engine.Log;

/// <summary>
/// Says when a segment is full although it has room for bytes: its time is over, or its index files would be. Kafka's rules: time is that of
/// the records, from the segment's first batch to the one that comes; only where records have none does the clock count.
/// </summary>
internal static class RollPolicy
{
    /// <summary>Tells whether a batch with this largest timestamp has to begin a new segment. The segment is not empty.</summary>
    internal static bool IsDue(LogSegment segment, long maxTimestamp, LogSettings settings, TimeProvider time)
    {
        // The last slot of the time index is kept for the entry that closes it.
        if (segment.Offsets.Count >= settings.SegmentIndexBytes / OffsetEntry.SizeBytes
            || segment.Times.Count >= Math.Max(1, (settings.SegmentIndexBytes / TimeEntry.SizeBytes) - 1))
        {
            return true;
        }

        long first = segment.FirstTimestamp;
        if (first >= 0)
        {
            return maxTimestamp - first > settings.LongestSegmentMs - Jitter(segment, settings);
        }

        // Not known yet: the first batch has just been published. Or it has no timestamp.
        return first == LogSegment.NoTimestamp && time.GetUtcNow().ToUnixTimeMilliseconds() - segment.CreatedMs > settings.LongestSegmentMs - Jitter(segment, settings);
    }

    private static long Jitter(LogSegment segment, LogSettings settings)
    {
        long most = Math.Min(settings.SegmentJitterMs, settings.LongestSegmentMs);
        return most == 0 ? 0 : new Random(unchecked(settings.RandomSeed + (int)segment.BaseOffset)).NextInt64(most);
    }
}
