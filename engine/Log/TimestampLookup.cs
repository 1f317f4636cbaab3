using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>Finds offsets by time: the first record at or behind a timestamp, or the first one with the largest timestamp.</summary>
internal static class TimestampLookup
{
    internal static ListedOffset Find(PartitionLog log, long timestamp, IsolationLevel isolation)
    {
        long bound = isolation == IsolationLevel.ReadCommitted ? log.LastStableOffset : log.ReadEnd().Offset;
        switch (timestamp)
        {
            case ListedOffset.Latest:
                return new ListedOffset(ErrorCode.None, bound, -1, log.LeaderEpoch);
            case ListedOffset.Earliest:
            case ListedOffset.EarliestLocal: // Without tiered storage all records are local.
                return new ListedOffset(ErrorCode.None, log.LogStartOffset, -1, EpochLookup.Earliest(log));
            case ListedOffset.LatestTiered:
                return None(ErrorCode.None);
            case ListedOffset.MaxTimestamp:
                return Largest(log, bound);
            default:
                return timestamp < 0 ? None(ErrorCode.InvalidRequest) : Search(log, timestamp, bound);
        }
    }

    private static ListedOffset Search(PartitionLog log, long timestamp, long bound)
    {
        var tries = default(SegmentTries);
        while (tries.MayTry(log))
        {
            if (TrySearch(log, timestamp, bound) is { } found)
            {
                return found;
            }
        }

        return None(ErrorCode.KafkaStorageError);
    }

    /// <summary>One try; null where a segment was removed or replaced under it, so that the next one finds other segments.</summary>
    private static ListedOffset? TrySearch(PartitionLog log, long timestamp, long bound)
    {
        long derivedEnd = log.DerivedEnd;
        foreach (LogSegment segment in log.Segments)
        {
            // What derived state has not looked at yet is read.
            if ((segment.Next?.BaseOffset ?? bound) <= derivedEnd && segment.Times.MaxTimestamp < timestamp)
            {
                continue;
            }

            if (!segment.TryAcquire())
            {
                return log.State == LogState.Closed ? None(ErrorCode.NotLeaderOrFollower) : null;
            }

            try
            {
                IoResult mapped = log.EnsureMapped(segment);
                if (!mapped.IsOk && segment.IsGivenUp && log.State != LogState.Closed)
                {
                    return null;
                }

                ListedOffset found = mapped.IsOk ? Search(log, segment, timestamp) : None(ErrorCode.KafkaStorageError);
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

    private static ListedOffset Largest(PartitionLog log, long bound)
    {
        long start = log.LogStartOffset;
        long end = Math.Min(bound, log.DerivedEnd);
        long largest = -1;
        foreach (LogSegment segment in log.Segments)
        {
            // A segment that the start or the bound lies in has records that do not count, one behind derived state some that are not indexed.
            bool isWhole = segment.BaseOffset >= start && (segment.Next?.BaseOffset ?? bound) <= end;
            if (isWhole)
            {
                largest = Math.Max(largest, segment.Times.MaxTimestamp);
                continue;
            }

            if (!segment.TryAcquire())
            {
                return None(ErrorCode.NotLeaderOrFollower);
            }

            try
            {
                IoResult result = log.EnsureMapped(segment);
                long found = -1;
                result = result.IsOk ? LargestIn(log, segment, start, bound, out found) : result;
                if (!result.IsOk)
                {
                    return None(ErrorCode.KafkaStorageError);
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

        return largest < 0 ? None(ErrorCode.None) : Search(log, largest, bound);
    }

    private static IoResult LargestIn(PartitionLog log, LogSegment segment, long start, long bound, out long largest)
    {
        largest = -1;
        int limit = SegmentWord.Position(Volatile.Read(ref segment.Published));
        var window = new BatchWindow(segment, limit, log.NowSeconds);
        int position = 0;
        while (window.TryRead(position, out RecordBatchView batch) && batch.BaseOffset < bound)
        {
            position += batch.SizeBytes;
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

        return window.Result;
    }

    private static ListedOffset Search(PartitionLog log, LogSegment segment, long timestamp)
    {
        // A plain scan finds the first such record; the indexes only say how much of it may be left out.
        int limit = SegmentWord.Position(Volatile.Read(ref segment.Published));
        long logStartOffset = log.LogStartOffset;
        var walk = new BatchWalk(log, segment, limit, FloorOffset(log, segment, limit, timestamp));
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

        return None(walk.Problem);
    }

    /// <summary>From where on a timestamp may be reached: what the time index says, where the batch that it names says the same.</summary>
    private static long FloorOffset(PartitionLog log, LogSegment segment, int limit, long timestamp)
    {
        if (!segment.Times.TryFloor(timestamp, out TimeEntry entry))
        {
            return segment.BaseOffset;
        }

        long offset = segment.BaseOffset + entry.RelativeOffset;
        return Holds(new BatchWalk(log, segment, limit, offset), offset, entry.Timestamp) ? offset : segment.BaseOffset;
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
