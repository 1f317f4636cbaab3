using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>Finds whole batches from an offset on and leases them. Sees only what was published when it began.</summary>
internal static class LogReader
{
    /// <summary>
    /// Reads from one segment: from the batch that holds the offset (or the next one where there is a gap), at most
    /// <paramref name="maxBytes"/> bytes but at least one whole batch. No lease where the offset is the end.
    /// </summary>
    internal static ErrorCode Read(PartitionLog log, long offset, int maxBytes, out RecordLease? lease, out long highWatermark)
    {
        lease = null;
        LogEnd end = log.ReadEnd();
        highWatermark = end.Offset;
        if (offset < log.LogStartOffset || offset > highWatermark)
        {
            return ErrorCode.OffsetOutOfRange;
        }

        LogSegment? segment = log.FloorSegment(offset);
        while (offset < highWatermark)
        {
            if (!segment.TryAcquire())
            {
                return ErrorCode.NotLeaderOrFollower;
            }

            IoResult mapped = segment.EnsureMapped();
            if (!mapped.IsOk)
            {
                segment.Release();
                return ErrorCode.KafkaStorageError;
            }

            int limit = segment == end.Segment ? end.Position : SegmentWord.Position(Volatile.Read(ref segment.Published));
            int from = PositionOf(segment, offset, limit);
            int length = WholeBatches(segment, from, limit, maxBytes);
            if (length > 0)
            {
                lease = new RecordLease(segment, from, length);
                return ErrorCode.None;
            }

            // Compaction may leave nothing at or behind the offset here; the next segment has it.
            segment.Release();
            if (segment == end.Segment)
            {
                return ErrorCode.None;
            }

            segment = segment.Next ?? log.FloorSegment(segment.BaseOffset + 1);
        }

        return ErrorCode.None;
    }

    private static int PositionOf(LogSegment segment, long offset, int limit)
    {
        long relative = Math.Min(offset - segment.BaseOffset, int.MaxValue);
        int position = segment.Offsets.FloorPosition((int)relative);
        while (position < limit && RecordBatchView.TryRead(segment.Bytes(position, limit - position), out RecordBatchView batch) && batch.LastOffset < offset)
        {
            position += batch.SizeBytes;
        }

        return position;
    }

    private static int WholeBatches(LogSegment segment, int from, int limit, int maxBytes)
    {
        int position = from;
        while (position < limit && RecordBatchView.TryRead(segment.Bytes(position, limit - position), out RecordBatchView batch))
        {
            if (position > from && position - from + batch.SizeBytes > maxBytes)
            {
                break;
            }

            position += batch.SizeBytes;
        }

        return position - from;
    }
}
