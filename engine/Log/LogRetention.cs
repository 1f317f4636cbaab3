namespace Zurau.Engine.Log;

/// <summary>
/// Says up to where a log's records have had their time, by Kafka's rules: whole segments from the oldest on, while they are older than
/// <c>retention.ms</c> or the log is larger than <c>retention.bytes</c>; never past the last stable offset. The age of a segment is that of
/// its largest record timestamp; where records have none or one that is still to come, that of the last append, so that a wrong clock at a
/// producer does not keep a segment for ever.
/// </summary>
internal static class LogRetention
{
    /// <summary>Raises the log's start over the records whose time is over; true when it moved. The caller holds the log's upkeep lock.</summary>
    internal static bool Enforce(PartitionLog log)
    {
        LogSettings settings = log.Settings;
        if (!settings.IsDeleted || log.State != LogState.Open || log.HasFailed)
        {
            return false;
        }

        long start = ExpiredEnd(log, settings, out bool includesActive);
        if (includesActive && log.Upkeep.RollActive().IsOk)
        {
            // What was appended up to the roll counts too, and may be young.
            start = ExpiredEnd(log, settings, out _);
        }

        return start > log.LogStartOffset && log.DeleteRecords(start);
    }

    /// <summary>The offset behind the last segment, counted from the oldest on, whose time is over.</summary>
    private static long ExpiredEnd(PartitionLog log, LogSettings settings, out bool includesActive)
    {
        LogSegment[] segments = log.Segments;
        long nowMs = log.NowMs;
        long stable = log.LastStableOffset;
        segments[^1].Modified.Note(segments[^1], nowMs);
        long tooMuch = settings.RetentionBytes < 0
            ? -1
            : segments.Sum(static segment => (long)SegmentWord.Position(Volatile.Read(ref segment.Published))) - settings.RetentionBytes;
        long end = segments[0].BaseOffset;
        includesActive = false;
        bool isBySize = settings.RetentionBytes >= 0;
        for (int i = 0; i < segments.Length; i++)
        {
            // By size first, as far as that goes; the others by age. Those behind a segment that stays, stay.
            LogSegment segment = segments[i];
            int size = SegmentWord.Position(Volatile.Read(ref segment.Published));
            isBySize &= tooMuch - size >= 0;
            bool isBelowStart = i + 1 < segments.Length && segments[i + 1].BaseOffset <= log.LogStartOffset;
            bool isOver = isBelowStart || isBySize || (settings.RetentionMs >= 0 && nowMs - AgeTimestamp(segment, nowMs) > settings.RetentionMs);
            bool isActive = segment.Next is null;
            if (!isOver || (isActive ? size == 0 || log.ReadEnd().Offset > stable : segments[i + 1].BaseOffset > stable))
            {
                break;
            }

            if (isActive)
            {
                includesActive = true;
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
