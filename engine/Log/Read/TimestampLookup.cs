using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// Finds offsets by time: the first record at or after a timestamp, or the first one with the
/// largest timestamp. A lookup searches the records between the log start offset and the end
/// that it read first; if the start has moved and the found offset is below it, or nothing was
/// found, it searches again.
/// </summary>
internal sealed class TimestampLookup(LogContext context, SegmentList segments, LogOffsets offsets, EpochLookup epochs)
{
    private const int MostTries = 8; // If the start moves more often during a lookup, the client must retry.

    internal ListedOffset Find(long timestamp, IsolationLevel isolation)
    {
        switch (timestamp)
        {
            case ListedOffset.Latest:
                return new ListedOffset(ErrorCode.None, Bound(isolation), -1, epochs.Latest);
            case ListedOffset.Earliest:
            case ListedOffset.EarliestLocal: // Without tiered storage all records are local.
                return new ListedOffset(ErrorCode.None, offsets.Start, -1, epochs.Earliest());
            case ListedOffset.LatestTiered:
                return None(ErrorCode.None);
            case < 0 and not ListedOffset.MaxTimestamp:
                return None(ErrorCode.InvalidRequest);
        }

        var tries = default(SegmentTries);
        for (int i = 0; i < MostTries; i++)
        {
            if (!tries.MayTry(segments))
            {
                return None(ErrorCode.KafkaStorageError);
            }

            long start = offsets.Start;
            long bound = Bound(isolation);
            context.Hooks?.At(LogPoint.LookupBegun);
            ListedOffset? found = timestamp == ListedOffset.MaxTimestamp ? TryLargest(start, bound) : TrySearch(timestamp, start, bound);
            if (found is { } answer && (offsets.Start == start || answer.Offset >= offsets.Start))
            {
                return answer;
            }

            tries = found is null ? tries : default; // The segments are unchanged: only the start has moved.
        }

        return None(ErrorCode.OffsetNotAvailable);
    }

    private long Bound(IsolationLevel isolation) =>
        isolation == IsolationLevel.ReadCommitted ? offsets.LastStable : offsets.ReadEnd().Offset;

    /// <summary>
    /// Tries a search; null if a segment was removed or replaced meanwhile, so that the next
    /// try finds other segments.
    /// </summary>
    private ListedOffset? TrySearch(long timestamp, long start, long bound)
    {
        long indexedEnd = offsets.IndexedEnd;
        foreach (LogSegment segment in segments.All)
        {
            // Records that are not indexed yet are read.
            if ((segment.Next?.BaseOffset ?? bound) <= indexedEnd && segment.Times.MaxTimestamp < timestamp)
            {
                continue;
            }

            if (TryAcquire(segment) is not { } acquired)
            {
                return null;
            }

            if (acquired != ErrorCode.None)
            {
                return None(acquired);
            }

            try
            {
                ListedOffset found = Search(segment, timestamp, start);
                if (found.Error != ErrorCode.None || found.Offset >= 0)
                {
                    return found.Error == ErrorCode.None && found.Offset >= bound ? None(ErrorCode.None) : found;
                }
            }
            catch (InvalidRecordException)
            {
                return None(ErrorCode.CorruptMessage);
            }
            finally
            {
                segment.Release();
            }
        }

        return None(ErrorCode.None);
    }

    /// <summary>
    /// Finds the first record with the largest timestamp; null if a segment was removed or
    /// replaced meanwhile.
    /// </summary>
    private ListedOffset? TryLargest(long start, long bound)
    {
        long end = Math.Min(bound, offsets.IndexedEnd);
        long largest = -1;
        foreach (LogSegment segment in segments.All)
        {
            // A segment that contains the start or the bound has records that do not count; a
            // segment past the indexed end has records that are not indexed.
            bool isWhole = segment.BaseOffset >= start && (segment.Next?.BaseOffset ?? bound) <= end;
            if (isWhole)
            {
                largest = Math.Max(largest, segment.Times.MaxTimestamp);
                continue;
            }

            if (TryAcquire(segment) is not { } acquired)
            {
                return null;
            }

            if (acquired != ErrorCode.None)
            {
                return None(acquired);
            }

            try
            {
                ErrorCode error = LargestIn(segment, start, bound, out long found);
                if (error != ErrorCode.None)
                {
                    return None(error);
                }

                largest = Math.Max(largest, found);
            }
            catch (InvalidRecordException)
            {
                return None(ErrorCode.CorruptMessage);
            }
            finally
            {
                segment.Release();
            }
        }

        context.Hooks?.At(LogPoint.LookupNarrowed);
        return largest < 0 ? None(ErrorCode.None) : TrySearch(largest, start, bound);
    }

    /// <summary>
    /// Leases and maps a segment; null if it was removed or replaced. On an error there is no
    /// lease.
    /// </summary>
    private ErrorCode? TryAcquire(LogSegment segment)
    {
        if (!segment.TryAcquire())
        {
            return segments.WhyClosed();
        }

        if (segments.EnsureMapped(segment).IsOk)
        {
            return ErrorCode.None;
        }

        segment.Release();
        return segments.WhyUnreadable(segment);
    }

    private ErrorCode LargestIn(LogSegment segment, long start, long bound, out long largest)
    {
        largest = -1;
        int limit = SegmentWord.Position(Volatile.Read(ref segment.Published));
        var walk = new BatchWalk(context, offsets, segment, limit, segment.BaseOffset);
        while (walk.TryRead(out RecordBatchView batch))
        {
            if (batch.BaseOffset >= bound)
            {
                return ErrorCode.None;
            }

            walk.Skip(batch);
            if (batch.LastOffset < start || batch.MaxTimestamp <= largest)
            {
                continue;
            }

            if (batch.BaseOffset >= start)
            {
                largest = batch.MaxTimestamp;
                continue;
            }

            using DecompressedRecords decompressed = batch.Decompress();
            RecordReader records = batch.Records(decompressed);
            while (records.Read())
            {
                largest = records.Offset >= start ? Math.Max(largest, records.Timestamp) : largest;
            }
        }

        return walk.Problem();
    }

    private ListedOffset Search(LogSegment segment, long timestamp, long logStartOffset)
    {
        // A full scan finds the first such record; the indexes only tell which part of it can
        // be skipped.
        int limit = SegmentWord.Position(Volatile.Read(ref segment.Published));
        var walk = new BatchWalk(context, offsets, segment, limit, FloorOffset(segment, limit, timestamp));
        while (walk.TryRead(out RecordBatchView batch))
        {
            walk.Skip(batch);
            if (batch.MaxTimestamp < timestamp || batch.LastOffset < logStartOffset)
            {
                continue;
            }

            using DecompressedRecords decompressed = batch.Decompress();
            RecordReader records = batch.Records(decompressed);
            while (records.Read())
            {
                if (records.Timestamp >= timestamp && records.Offset >= logStartOffset)
                {
                    return new ListedOffset(ErrorCode.None, records.Offset, records.Timestamp, batch.PartitionLeaderEpoch);
                }
            }
        }

        return None(walk.Problem());
    }

    /// <summary>
    /// Returns the offset from which a timestamp may be found: that of the time index if its
    /// batch confirms the entry, else the segment's base offset.
    /// </summary>
    private long FloorOffset(LogSegment segment, int limit, long timestamp)
    {
        if (!segment.Times.TryFloor(timestamp, out TimeEntry entry))
        {
            return segment.BaseOffset;
        }

        long offset = segment.BaseOffset + entry.RelativeOffset;
        return Holds(new BatchWalk(context, offsets, segment, limit, offset), offset, entry.Timestamp) ? offset : segment.BaseOffset;
    }

    private static bool Holds(BatchWalk walk, long offset, long maxTimestamp)
    {
        while (walk.TryRead(out RecordBatchView batch))
        {
            if (batch.LastOffset >= offset)
            {
                return batch.LastOffset == offset && batch.MaxTimestamp == maxTimestamp;
            }

            walk.Skip(batch);
        }

        return false;
    }

    private static ListedOffset None(ErrorCode error) => new(error, -1, -1, -1);
}
