using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// Rebuilds the producers of a log when it is opened: from the newest snapshot that certainly
/// matches the records, and the batches after it. Also rebuilds the transaction indexes of
/// segments that were checked batch by batch.
/// </summary>
internal static class LoggedProducerRecovery
{
    /// <param name="storage">The data directory.</param>
    /// <param name="directory">The partition's folder in it.</param>
    /// <param name="names">The names of the files in the folder before the recovery.</param>
    /// <param name="segments">The log.</param>
    /// <param name="endOffset">The exclusive end offset of the log.</param>
    /// <param name="cleanableEnd">The offset up to which the log may have been cleaned since a
    /// snapshot was written: in an older snapshot a transaction may be open whose marker below
    /// this offset was removed.</param>
    /// <param name="nowSeconds">The time, for <see cref="ResidentChunks"/>.</param>
    /// <param name="from">The offset of the snapshot; the first offset of the log if there is
    /// none.</param>
    internal static LoggedProducers Rebuild(IStorage storage, string directory, IReadOnlyList<string> names, IReadOnlyList<LogSegment> segments, long endOffset, long cleanableEnd, int nowSeconds, out long from)
    {
        LogSegment? firstRead = segments.FirstOrDefault(static segment => segment.IndexFilesState != IndexFilesState.Durable);
        long limit = firstRead?.BaseOffset ?? endOffset;
        var states = new LoggedProducers();
        from = Restore(storage, directory, names, segments, limit, endOffset, cleanableEnd, states);
        foreach (LogSegment segment in segments)
        {
            long segmentEnd = segment.BaseOffset + SegmentWord.RelativeOffset(segment.Published);
            if (segmentEnd > from)
            {
                Replay(segment, from, states, nowSeconds);
            }
        }

        RecentBatchRecovery.Read(segments, states, nowSeconds);
        return states;
    }

    /// <summary>
    /// Restores the newest snapshot up to an offset, deletes those that match no records, and
    /// returns the offset from which to replay.
    /// </summary>
    private static long Restore(IStorage storage, string directory, IReadOnlyList<string> names, IReadOnlyList<LogSegment> segments, long limit, long endOffset, long cleanableEnd, LoggedProducers states)
    {
        var offsets = new List<long>();
        foreach (string name in names)
        {
            if (LogFiles.TryParse(name, ProducerSnapshot.Suffix, out long offset))
            {
                offsets.Add(offset);
            }
        }

        if (offsets.Count == 0)
        {
            return segments[0].BaseOffset;
        }

        offsets.Sort();
        foreach (long offset in offsets.Where(offset => !MayMatch(offset) || (offset != offsets[^1] && segments.All(segment => segment.BaseOffset != offset))))
        {
            Delete(storage, directory, offset);
        }

        offsets.RemoveAll(offset => !MayMatch(offset));

        // Snapshots are not always flushed: after a power loss some are empty or torn, and must
        // not be found by a later recovery.
        var readable = new Dictionary<long, IReadOnlyList<LoggedProducer>>();
        foreach (long offset in offsets)
        {
            if (ProducerSnapshot.Read(storage, directory, offset) is { } producers)
            {
                readable[offset] = producers;
            }
            else
            {
                Delete(storage, directory, offset);
            }
        }

        long from = readable.Keys.Where(offset => offset <= limit && offset >= cleanableEnd).DefaultIfEmpty(segments[0].BaseOffset).Max();
        foreach (LoggedProducer producer in from >= cleanableEnd ? readable.GetValueOrDefault(from, []) : [])
        {
            states.Restore(producer);
        }

        return from;

        // The records between an older snapshot and the first segment were deleted: its
        // producers may have appended there, and a correct next sequence number would be
        // refused. An unknown producer may begin with any.
        bool MayMatch(long offset) => offset >= segments[0].BaseOffset && offset <= endOffset;
    }

    // A snapshot that is not deleted could match an offset again when the log has grown, with
    // producers of records that are not in the log.
    private static void Delete(IStorage storage, string directory, long offset) =>
        ProducerSnapshot.Delete(storage, directory, offset).ThrowIfFailed($"Deleting '{directory}/{LogFiles.Of(offset, ProducerSnapshot.Suffix)}'");

    private static void Replay(LogSegment segment, long from, LoggedProducers states, int nowSeconds)
    {
        int limit = SegmentWord.Position(segment.Published);
        int position = from > segment.BaseOffset ? segment.Offsets.FloorPosition((int)(from - segment.BaseOffset)) : 0;
        var window = new BatchWindow(segment, limit, nowSeconds);
        while (window.TryRead(position, out RecordBatchView batch))
        {
            if (batch.BaseOffset >= from && states.Add(batch) is { } aborted && segment.IndexFilesState != IndexFilesState.Durable)
            {
                segment.Transactions.Append(aborted);
            }

            position += batch.SizeBytes;
        }

        window.Result.ThrowIfFailed($"Reading '{segment.Path}' after byte {position}");
        if (position < limit)
        {
            OldFormatCheck.Refuse(segment, position, limit, nowSeconds); // A damaged batch is an error when it is read.
        }
    }
}
