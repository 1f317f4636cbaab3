using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;

namespace Zurau.Engine.Log;

/// <summary>
/// Refuses records whose own timestamps are too far from the clock: <c>message.timestamp.after.max.ms</c> and
/// <c>message.timestamp.before.max.ms</c>. A record without a timestamp is let through, as in Kafka.
/// </summary>
internal static class TimestampBounds
{
    internal static AppendResult Check(RecordBatchView batch, LogSettings settings, TopicPartition partition, TimeProvider time)
    {
        if (settings.TimestampType == TimestampType.LogAppendTime)
        {
            return new AppendResult(ErrorCode.None, -1);
        }

        long nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        long latest = settings.TimestampAfterMaxMs > long.MaxValue - nowMs ? long.MaxValue : nowMs + settings.TimestampAfterMaxMs;
        long earliest = settings.TimestampBeforeMaxMs > nowMs ? 0 : nowMs - settings.TimestampBeforeMaxMs;
        if (batch.MaxTimestamp > latest)
        {
            return OutOfRange(batch.MaxTimestamp);
        }

        // Only the records tell the smallest; nearly always nobody asks.
        return settings.TimestampBeforeMaxMs == long.MaxValue || Smallest(batch) is not { } smallest || smallest >= earliest
            ? new AppendResult(ErrorCode.None, -1)
            : OutOfRange(smallest);

        AppendResult OutOfRange(long timestamp) => AppendResult.Failed(
            ErrorCode.InvalidTimestamp,
            $"Timestamp {timestamp} of a record for {partition} is out of range. The timestamp should be within [{earliest}, {latest}]; see 'message.timestamp.before.max.ms' and 'message.timestamp.after.max.ms'.");
    }

    private static long? Smallest(RecordBatchView batch)
    {
        long? smallest = null;
        try
        {
            using DecompressedRecords decompressed = batch.Decompress();
            RecordReader records = batch.Records(decompressed);
            while (records.Read())
            {
                smallest = records.Timestamp < 0 ? smallest : Math.Min(smallest ?? long.MaxValue, records.Timestamp);
            }
        }
        catch (Exception exception) when (exception is InvalidRecordException or CodecUnavailableException)
        {
            return smallest; // What cannot be read here is refused, or not, by those who read records.
        }

        return smallest;
    }
}
