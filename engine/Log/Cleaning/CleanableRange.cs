using Zurau.Engine.Common;

namespace Zurau.Engine.Log.Cleaning;

/// <summary>
/// The range of a log that can be cleaned now, by Kafka's rules: whole segments, from the first
/// dirty one to the first that may not be cleaned.
/// </summary>
/// <param name="FirstDirty">Everything below is clean.</param>
/// <param name="End">Base offset of the first segment that may not be cleaned: active, with
/// open transactions, or too young.</param>
/// <param name="CleanBytes">Bytes of the segments below.</param>
/// <param name="DirtyBytes">Bytes of the segments in the range.</param>
/// <param name="IsOverdue">Whether a record in it is older than
/// <c>max.compaction.lag.ms</c>.</param>
internal readonly record struct CleanableRange(long FirstDirty, long End, long CleanBytes, long DirtyBytes, bool IsOverdue)
{
    /// <summary>The ratio of dirty bytes to all bytes that a cleaning would read.</summary>
    internal double DirtyRatio => DirtyBytes == 0 ? 0 : (double)DirtyBytes / (CleanBytes + DirtyBytes);

    /// <summary>Whether the range should be cleaned.</summary>
    internal bool IsDue(LogSettings settings) => DirtyBytes > 0 && (IsOverdue || DirtyRatio > settings.MinCleanableDirtyRatio);

    /// <param name="log">The log.</param>
    /// <param name="now">The clock.</param>
    /// <param name="flushedEnd">The end of the flushed records, which bounds the range; null for
    /// no bound.</param>
    internal static CleanableRange Of(LogUpkeep log, ExpiryTime now, long? flushedEnd = null)
    {
        long nowMs = now.EarliestMs;
        LogSettings settings = log.Context.Settings.Value;
        LogSegment[] segments = log.Segments.All;

        // A checkpoint outside of the log belongs to other records: then the whole log is dirty.
        long start = Math.Max(log.Offsets.Start, segments[0].BaseOffset);
        long firstDirty = log.CleanedOffset < start || log.CleanedOffset > segments[^1].BaseOffset ? start : log.CleanedOffset;
        long knownEnd = Math.Min(log.Offsets.LastStable, log.FinalEnd);
        long end = flushedEnd is { } flushed ? Math.Min(flushed, knownEnd) : knownEnd;
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
