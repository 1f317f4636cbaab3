using System.Buffers.Binary;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;

namespace Zurau.Engine.Log;

/// <summary>What a log checks of a batch before it reserves room for it, in Kafka's order and with Kafka's codes. Pure.</summary>
internal static class BatchValidator
{
    internal static AppendResult Check(ReadOnlySpan<byte> bytes, LogSettings settings, TopicPartition partition, out RecordBatchView batch)
    {
        if (!RecordBatchView.TryRead(bytes, out batch) || batch.SizeBytes != bytes.Length)
        {
            return Invalid(partition, $"the {bytes.Length} bytes are not exactly one batch of format version 2");
        }

        if (batch.BaseOffset != 0)
        {
            return Invalid(partition, $"its base offset is {batch.BaseOffset}, producers send 0");
        }

        if (batch.SizeBytes > settings.MaxMessageBytes)
        {
            return AppendResult.Failed(ErrorCode.MessageTooLarge, $"The batch for {partition} has {batch.SizeBytes} bytes, 'max.message.bytes' is {settings.MaxMessageBytes}.");
        }

        if (!batch.IsCrcValid())
        {
            return AppendResult.Failed(ErrorCode.CorruptMessage, $"The batch for {partition} does not match its checksum.");
        }

        if (batch.CompressionType > CompressionType.Zstd)
        {
            return Invalid(partition, $"its codec {batch.CompressionType} does not exist");
        }

        if (batch.LastOffsetDelta < 0 || batch.LastOffsetDelta == int.MaxValue || batch.RecordsCount != batch.LastOffsetDelta + 1)
        {
            return Invalid(partition, $"it has {batch.RecordsCount} records and a last offset delta of {batch.LastOffsetDelta}");
        }

        if (batch.IsControl)
        {
            return Invalid(partition, "clients may not send control batches");
        }

        if (batch.SizeBytes > settings.SegmentBytes)
        {
            return AppendResult.Failed(ErrorCode.RecordListTooLarge, $"The batch for {partition} has {batch.SizeBytes} bytes, 'segment.bytes' is {settings.SegmentBytes}.");
        }

        return new AppendResult(ErrorCode.None, -1);
    }

    /// <summary>Makes the log's time the batch's, with a new checksum; returns that time in milliseconds.</summary>
    internal static long StampAppendTime(Span<byte> header, RecordBatchView batch, TimeProvider time)
    {
        long nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        BinaryPrimitives.WriteInt16BigEndian(header[BatchLayout.Attributes..], (short)(batch.Attributes | BatchAttributes.LogAppendTime));
        BinaryPrimitives.WriteInt64BigEndian(header[BatchLayout.MaxTimestamp..], nowMs);
        uint crc = Crc32C.Compute(header[BatchLayout.Attributes..], batch.RecordsBytes);
        BinaryPrimitives.WriteUInt32BigEndian(header[BatchLayout.Crc..], crc);
        return nowMs;
    }

    private static AppendResult Invalid(TopicPartition partition, string what) =>
        AppendResult.Failed(ErrorCode.InvalidRecord, $"The batch for {partition} is refused: {what}.");
}
