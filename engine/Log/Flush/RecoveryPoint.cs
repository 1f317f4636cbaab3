using Zurau.Engine.Common;

namespace Zurau.Engine.Log;

/// <summary>
/// The offset at which recovery of a log may begin after a crash: everything below is flushed,
/// and so are the index files of segments that end below. It only grows: what has counted as
/// flushed must never be mistaken for a torn tail.
/// </summary>
internal sealed class RecoveryPoint(SegmentList segments, LogFlusher flusher, LogIndexer indexer, long recovered)
{
    private long _point = recovered; // Moved by compare-and-swap by every reader.

    internal long Read()
    {
        // Records past indexer.End are excluded: their index entries do not exist yet.
        long point = Math.Min(flusher.DurableEnd, indexer.End);
        LogSegment? unindexed = Array.Find(segments.All, static segment => segment.Next is not null && segment.IndexFilesState != IndexFilesState.Durable);
        point = unindexed is null ? point : Math.Min(point, unindexed.BaseOffset);
        return Monotonic.Raise(ref _point, point);
    }
}
