using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// Loads the index files of a segment that recovery trusts, and accepts them if their last
/// entries match the records.
/// </summary>
internal static class RecoveredIndexes
{
    /// <summary>
    /// Creates a window that reads only the requested bytes: startup reads the ends of every
    /// trusted segment, not whole chunks.
    /// </summary>
    internal static BatchWindow Peek(LogSegment segment, int length) => new(segment, length, ResidentChunks.WantedOnly);

    /// <summary>
    /// Loads the files and returns the position of the last indexed batch; 0 if they are
    /// missing or wrong.
    /// </summary>
    /// <param name="cache">Reads the files.</param>
    /// <param name="directory">The partition's folder.</param>
    /// <param name="segment">The segment, mapped.</param>
    /// <param name="length">The length of its file in bytes.</param>
    /// <param name="nextOffset">Offset of that batch; the segment's base offset if there is
    /// none.</param>
    internal static int Load(IndexCache cache, string directory, LogSegment segment, int length, out long nextOffset)
    {
        nextOffset = segment.BaseOffset;

        // Only the last entries are checked: they determine the end of the trusted part and the
        // largest timestamp.
        if (!IndexFiles.TryLoad(cache, directory, segment, length, out OffsetEntry entry, out TimeEntry lastTime)
            || !Peek(segment, length).TryRead(entry.Position, out RecordBatchView batch)
            || batch.LastOffset - segment.BaseOffset != entry.RelativeOffset
            || !IsHeld(segment, lastTime, length))
        {
            segment.ClearIndexes();
            return 0;
        }

        nextOffset = batch.BaseOffset;
        return entry.Position;
    }

    /// <summary>
    /// Returns whether the batch that an entry of the time index names has that timestamp.
    /// </summary>
    private static bool IsHeld(LogSegment segment, TimeEntry entry, int length)
    {
        BatchWindow window = Peek(segment, length);
        int position = segment.Offsets.FloorPosition(entry.RelativeOffset);
        long offset = segment.BaseOffset + entry.RelativeOffset;
        while (window.TryRead(position, out RecordBatchView batch) && batch.LastOffset <= offset)
        {
            if (batch.LastOffset == offset)
            {
                return batch.MaxTimestamp == entry.Timestamp;
            }

            position += batch.SizeBytes;
        }

        return false;
    }
}
