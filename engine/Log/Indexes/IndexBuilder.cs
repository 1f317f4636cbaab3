using Zurau.Engine.Records;

namespace Zurau.Engine.Log;

/// <summary>
/// Decides which batches get an entry in a segment's indexes, as Kafka does: a batch that
/// begins more than <c>index.interval.bytes</c> after the last entry. Both live appends and
/// recovery use it, in log order.
/// </summary>
internal struct IndexBuilder(int intervalBytes, int bytesSinceEntry)
{
    internal int BytesSinceEntry { get; private set; } = bytesSinceEntry;

    internal void Add(LogSegment segment, int position, RecordBatchView batch)
    {
        int relativeLastOffset = (int)(batch.LastOffset - segment.BaseOffset);
        segment.IndexFilesState = IndexFilesState.Stale;
        if (position == 0)
        {
            segment.FirstTimestamp = batch.MaxTimestamp;
        }

        segment.Times.Note(batch.MaxTimestamp, relativeLastOffset);
        if (BytesSinceEntry > intervalBytes)
        {
            segment.Offsets.Append(relativeLastOffset, position);
            segment.Times.AppendNoted();
            BytesSinceEntry = 0;
        }

        BytesSinceEntry += batch.SizeBytes;
    }
}
