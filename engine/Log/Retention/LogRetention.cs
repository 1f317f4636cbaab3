using Zurau.Engine.Common;

namespace Zurau.Engine.Log;

/// <summary>
/// Decides which records of a log have expired, by Kafka's rules: whole segments from the
/// oldest on, while they are older than <c>retention.ms</c> or the log is larger than
/// <c>retention.bytes</c>; never past the last stable offset. The age of a segment is that of
/// its largest record timestamp. If there is none, or it is in the future, the time of the last
/// append is used, so that a producer's wrong clock does not keep a segment forever.
/// </summary>
internal static class LogRetention
{
    /// <summary>
    /// Moves the log start offset past expired records; true if it moved. The caller holds the
    /// log's upkeep lock.
    /// </summary>
    internal static bool Enforce(LogUpkeep log, ExpiryTime now)
    {
        LogSettings settings = log.Context.Settings.Value;
        if (!settings.HasDeletePolicy || log.Context.Lifecycle.State != LogState.Open || log.Context.Lifecycle.HasFailed)
        {
            return false;
        }

        long start = ExpiredEnd(log, settings, now, out LogSegment? expiredActive);
        if (expiredActive is not null && log.Roll(expiredActive).IsOk)
        {
            // Records that were appended before the roll count too, and may not be expired.
            start = ExpiredEnd(log, settings, now, out _);
        }

        return start > log.Offsets.Start && log.Offsets.TryMoveStart(start);
    }

    /// <summary>
    /// The exclusive end of the last expired segment, counted from the oldest on.
    /// </summary>
    private static long ExpiredEnd(LogUpkeep log, LogSettings settings, ExpiryTime now, out LogSegment? expiredActive)
    {
        // One snapshot for everything below: a roll may replace the list at any time. Its last
        // segment counts as active also if it no longer is.
        LogSegment[] segments = log.Segments.All;
        log.Context.Hooks?.At(LogPoint.RetentionListed, segments[^1]);
        long stable = log.Offsets.LastStable;
        segments[^1].NoteModified(now.LatestMs);
        Array.ForEach(segments, segment => segment.Modified.Bound(now.LatestMs));
        long tooMuch = settings.RetentionBytes < 0
            ? -1
            : segments.Sum(static segment => (long)SegmentWord.Position(Volatile.Read(ref segment.Published))) - settings.RetentionBytes;
        long end = segments[0].BaseOffset;
        expiredActive = null;
        bool isBySize = settings.RetentionBytes >= 0;
        for (int i = 0; i < segments.Length; i++)
        {
            // First by size, then by age. All segments after a kept one are kept.
            LogSegment segment = segments[i];
            bool isLast = i + 1 == segments.Length;
            int size = SegmentWord.Position(Volatile.Read(ref segment.Published));
            isBySize &= tooMuch - size >= 0;
            bool isBelowStart = !isLast && segments[i + 1].BaseOffset <= log.Offsets.Start;
            bool isExpired = isBelowStart || isBySize || (settings.RetentionMs >= 0 && now.EarliestMs - AgeTimestamp(segment, now.EarliestMs) > settings.RetentionMs);
            if (!isExpired || (isLast ? size == 0 || log.Offsets.ReadEnd().Offset > stable : segments[i + 1].BaseOffset > stable))
            {
                break;
            }

            if (isLast)
            {
                expiredActive = segment;
                break;
            }

            tooMuch -= size;
            end = segments[i + 1].BaseOffset;
        }

        return end;
    }

    private static long AgeTimestamp(LogSegment segment, long nowMs)
    {
        long largest = segment.Times.MaxTimestamp;
        return largest < 0 || largest > nowMs ? Math.Min(segment.Modified.Ms, nowMs) : largest;
    }
}
