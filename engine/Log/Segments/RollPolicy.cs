namespace Zurau.Engine.Log;

/// <summary>
/// Decides whether a segment is full although it has space for bytes: because of its age, or
/// because an index file is full. Kafka's rules: the age is measured by record timestamps, from
/// the segment's first batch to the new one; only if records have none, by the clock.
/// </summary>
internal static class RollPolicy
{
    /// <summary>
    /// Returns whether a batch with this largest timestamp must begin a new segment. The
    /// segment is not empty.
    /// </summary>
    internal static bool IsDue(LogSegment segment, long maxTimestamp, LogSettings settings, TimeProvider time)
    {
        // The last slot of the time index is reserved for its final entry.
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

        // The timestamp is not known yet (the first batch was just published), or the batch has
        // none.
        return first == LogSegment.NoTimestamp && time.GetUtcNow().ToUnixTimeMilliseconds() - segment.CreatedMs > settings.LongestSegmentMs - Jitter(segment, settings);
    }

    private static long Jitter(LogSegment segment, LogSettings settings)
    {
        long most = Math.Min(settings.SegmentJitterMs, settings.LongestSegmentMs);
        return most == 0 ? 0 : new Random(unchecked(settings.RandomSeed + (int)segment.BaseOffset)).NextInt64(most);
    }
}
