using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// Finds whole batches from an offset on and leases them. Returns only what was published when
/// the read began.
/// </summary>
internal sealed class LogReader(LogContext context, SegmentList segments, LogOffsets offsets)
{
    /// <summary>
    /// Reads from one segment: from the batch that holds the offset (or the next one if there
    /// is a gap), at most <paramref name="maxBytes"/> bytes but at least one whole batch. No
    /// lease if the offset is the end.
    /// </summary>
    /// <param name="offset">The first offset wanted.</param>
    /// <param name="maxBytes">A soft limit.</param>
    /// <param name="stableEnd">For a reader of committed records, the last stable offset:
    /// nothing at or above it is returned, and the lease has the aborted transactions.</param>
    /// <param name="lease">The batches; null if there are none.</param>
    /// <param name="highWatermark">The end of the log.</param>
    internal ErrorCode Read(long offset, int maxBytes, long? stableEnd, out RecordLease? lease, out long highWatermark)
    {
        var tries = default(SegmentTries);
        while (tries.MayTry(segments))
        {
            ErrorCode? answer = TryRead(offset, maxBytes, stableEnd, out lease, out highWatermark);
            if (answer is not null)
            {
                return answer.Value;
            }
        }

        lease = null;
        highWatermark = offsets.ReadEnd().Offset;
        return ErrorCode.KafkaStorageError;
    }

    /// <summary>
    /// Tries a read; null if a segment was removed or replaced meanwhile, so that the next try
    /// finds other segments.
    /// </summary>
    private ErrorCode? TryRead(long offset, int maxBytes, long? stableEnd, out RecordLease? lease, out long highWatermark)
    {
        lease = null;
        LogEnd end = offsets.ReadEnd();
        highWatermark = end.Offset;
        if (offset < offsets.Start || offset > highWatermark)
        {
            return ErrorCode.OffsetOutOfRange;
        }

        LogHooks? hooks = context.Hooks;
        hooks?.At(LogPoint.ReadEndKnown);
        LogSegment? segment = segments.Floor(offset);
        if (segment.BaseOffset > offset && offset < offsets.Start)
        {
            return ErrorCode.OffsetOutOfRange; // The log start offset has passed it since, and its segment was removed.
        }

        long bound = stableEnd ?? highWatermark;
        while (offset < bound && segment is not null)
        {
            if (!segment.TryAcquire())
            {
                return segments.WhyClosed();
            }

            try
            {
                hooks?.At(LogPoint.ReadLeased, segment);
                IoResult mapped = segments.EnsureMapped(segment);
                if (!mapped.IsOk)
                {
                    return segments.WhyUnreadable(segment);
                }

                int limit = segment == end.Segment ? end.Position : SegmentWord.Position(Volatile.Read(ref segment.Published));
                int length = WholeBatches(segment, limit, offset, maxBytes, bound, out int from, out long endOffset, out ErrorCode problem);
                if (problem != ErrorCode.None)
                {
                    return problem; // For this range only: the records before and after it can be read.
                }

                if (length > 0)
                {
                    List<AbortedTransactionRange>? aborted = null;
                    LogSegment? unread = stableEnd is null ? null : ReadAborted(segment, offset, Math.Min(endOffset, stableEnd.Value), out aborted);
                    if (unread is not null)
                    {
                        // Records of an aborted transaction must not be returned as committed ones.
                        return segments.WhyUnreadable(unread);
                    }

                    lease = new RecordLease(segment, from, length, aborted);
                    return ErrorCode.None;
                }
            }
            finally
            {
                if (lease is null)
                {
                    segment.Release();
                }
            }

            // After compaction this segment may have nothing at or above the offset; then the
            // next segment has it.
            segment = segment == end.Segment ? null : Volatile.Read(ref segment.Next);
        }

        return ErrorCode.None;
    }

    /// <summary>
    /// Finds the batch that holds the offset, or the next one, and how many bytes of whole
    /// batches follow it within the limits.
    /// </summary>
    private int WholeBatches(LogSegment segment, int limit, long offset, int maxBytes, long bound, out int from, out long endOffset, out ErrorCode problem)
    {
        var walk = new BatchWalk(context, offsets, segment, limit, offset);
        bool isRead = walk.TryRead(out RecordBatchView batch);
        while (isRead && batch.LastOffset < offset)
        {
            walk.Skip(batch);
            isRead = walk.TryRead(out batch);
        }

        from = walk.Position;
        endOffset = -1;
        problem = ErrorCode.None;

        // A batch that could not be read is not tried again here: it may be one below the offset.
        while (isRead)
        {
            if (batch.BaseOffset >= bound || (walk.Position > from && walk.Position - from + batch.SizeBytes > maxBytes))
            {
                return walk.Position - from;
            }

            walk.Skip(batch);
            endOffset = batch.LastOffset + 1;
            isRead = walk.TryRead(out batch);
        }

        problem = walk.Position == from ? walk.Problem() : ErrorCode.None;
        return walk.Position - from;
    }

    /// <summary>
    /// Reads the aborted transactions that overlap a range of offsets; their markers may be in
    /// later segments. Returns the segment whose index could not be read, null if all could.
    /// </summary>
    private static LogSegment? ReadAborted(LogSegment first, long offset, long endOffset, out List<AbortedTransactionRange> found)
    {
        found = [];
        for (LogSegment? segment = first; segment is not null; segment = segment.Next)
        {
            IndexView<AbortedTransaction> entries = segment.Transactions.Entries;
            for (int i = 0; i < entries.Length; i++)
            {
                if (!entries.Read(i, out AbortedTransaction aborted).IsOk)
                {
                    return segment;
                }

                if (aborted.LastOffset >= offset && aborted.FirstOffset < endOffset)
                {
                    found.Add(new AbortedTransactionRange(aborted.ProducerId, aborted.FirstOffset));
                }

                if (aborted.LastStableOffset >= endOffset)
                {
                    return null;
                }
            }
        }

        return null;
    }
}
