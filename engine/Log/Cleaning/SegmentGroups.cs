namespace Zurau.Engine.Log.Cleaning;

/// <summary>
/// Groups adjacent segments so that each group fits into one segment: in bytes, in index
/// entries and in offsets.
/// </summary>
internal static class SegmentGroups
{
    /// <summary>
    /// Forms groups from the oldest segment on; a segment that is too large to be merged is a
    /// group of its own.
    /// </summary>
    internal static IEnumerable<LogSegment[]> Of(IReadOnlyList<LogSegment> segments, LogSettings settings)
    {
        var group = new List<LogSegment>();
        long bytes = 0;
        long offsetEntries = 0;
        long timeEntries = 0;
        foreach (LogSegment segment in segments)
        {
            int size = SegmentWord.Position(Volatile.Read(ref segment.Published));
            long end = segment.BaseOffset + SegmentWord.RelativeOffset(Volatile.Read(ref segment.Published));
            bool fits = bytes + size <= settings.SegmentBytes
                && (offsetEntries + segment.Offsets.Count) * OffsetEntry.SizeBytes <= settings.SegmentIndexBytes
                && (timeEntries + segment.Times.Count) * TimeEntry.SizeBytes <= settings.SegmentIndexBytes
                && (group.Count == 0 || size == 0 || end - group[0].BaseOffset <= int.MaxValue);
            if (group.Count > 0 && !fits)
            {
                yield return [.. group];
                group.Clear();
                bytes = offsetEntries = timeEntries = 0;
            }

            group.Add(segment);
            bytes += size;
            offsetEntries += segment.Offsets.Count;
            timeEntries += segment.Times.Count;
        }

        if (group.Count > 0)
        {
            yield return [.. group];
        }
    }
}
