using Zurau.Engine.Common;

namespace Zurau.Engine.Log.Cleaning;

/// <summary>What of a log can be cleaned now, by Kafka's rules: whole segments, from the first that was not cleaned to the first that may not be.</summary>
/// <param name="FirstDirty">Everything below was cleaned.</param>
/// <param name="End">Base offset of the first segment that may not be cleaned: active, with open transactions, or too young.</param>
/// <param name="CleanBytes">Bytes of the segments below.</param>
/// <param name="DirtyBytes">Bytes of the segments in the range.</param>
/// <param name="IsOverdue">Whether a record in it is older than <c>max.compaction.lag.ms</c>.</param>
internal readonly record struct CleanableRange(long FirstDirty, long End, long CleanBytes, long DirtyBytes, bool IsOverdue)
{
    /// <summary>Dirty bytes to all bytes that a cleaning would read.</summary>
    internal double DirtyRatio => DirtyBytes == 0 ? 0 : (double)DirtyBytes / (CleanBytes + DirtyBytes);

    /// <summary>Whether it is worth a cleaning.</summary>
    internal bool IsDue(LogSettings settings) => DirtyBytes > 0 && (IsOverdue || DirtyRatio > settings.MinCleanableDirtyRatio);

    /// <param name="log">The log.</param>
    /// <param name="now">The clock.</param>
    /// <param name="flushedEnd">What may be cleaned ends here at the latest.</param>
    internal static CleanableRange Of(LogUpkeep log, ExpiryTime now, long flushedEnd = long.MaxValue)
    {
        long nowMs = now.EarliestMs;
        LogSettings settings = log.Context.Settings.Value;
        LogSegment[] segments = log.Segments.All;

        // A checkpoint that does not fit the log is one of other records: then all of it counts as dirty.
        long start = Math.Max(log.Offsets.Start, segments[0].BaseOffset);
        long firstDirty = log.CleanedOffset < start || log.CleanedOffset > segments[^1].BaseOffset ? start : log.CleanedOffset;
        long end = Math.Min(flushedEnd, Math.Min(log.Offsets.LastStable, log.FinalEnd));
        long earliest = long.MaxValue;
        long cleanBytes = 0;
        long dirtyBytes = 0;
        for (int i = 0; i + 1 < segments.Length; i++)
        {
            LogSegment segment = segments[i];
            long segmentEnd = segments[i + 1].BaseOffset;
            int size = SegmentWord.Position(Volatile.Read(ref segment.Published));
            if (segmentEnd <= firstDirty)
            {
                cleanBytes += size;
                continue;
            }

            segment.Modified.Bound(now.LatestMs);
            long newest = segment.Times.MaxTimestamp > nowMs ? segment.Modified.Ms : segment.Times.MaxTimestamp;
            bool isTooYoung = settings.MinCompactionLagMs > 0 && newest > nowMs - settings.MinCompactionLagMs;
            if (segmentEnd > end || isTooYoung)
            {
                return new CleanableRange(firstDirty, Math.Max(firstDirty, segment.BaseOffset), cleanBytes, dirtyBytes, IsOverdue());
            }

            dirtyBytes += size;
            earliest = segment.FirstTimestamp >= 0 ? Math.Min(earliest, segment.FirstTimestamp) : earliest;
        }

        return new CleanableRange(firstDirty, Math.Max(firstDirty, segments[^1].BaseOffset), cleanBytes, dirtyBytes, IsOverdue());

        bool IsOverdue() => settings.MaxCompactionLagMs < nowMs && earliest < nowMs - settings.MaxCompactionLagMs;
    }
}
