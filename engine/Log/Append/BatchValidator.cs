using System.Buffers;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;

namespace Zurau.Engine.Log;

/// <summary>
/// Checks a batch before the log reserves space for it, in Kafka's order and with Kafka's
/// codes; null if the batch is valid. Pure functions.
/// </summary>
internal static class BatchValidator
{
    /// <summary>Checks the header and the checksum, without reading records.</summary>
    internal static AppendRefusal? CheckHeader(ReadOnlySpan<byte> bytes, bool isBuiltHere, LogSettings settings, TopicPartition partition, out RecordBatchView batch)
    {
        if (!RecordBatchView.TryRead(bytes, out batch) || batch.SizeBytes != bytes.Length)
        {
            return NotOneBatch(bytes, bytes.Length, partition);
        }

        AppendRefusal? refusal = CheckSender(batch, settings, partition);
        return refusal is not null ? refusal
            : batch.IsCrcValid() ? CheckFields(batch, isBuiltHere, partition)
            : WrongChecksum(partition);
    }

    /// <summary>
    /// Checks the header and the checksum of a batch from outside that has several pieces,
    /// without reading records.
    /// </summary>
    /// <param name="header">The batch's first bytes: as many as a header has, or all if there
    /// are fewer.</param>
    /// <param name="pieces">The bytes after the header.</param>
    /// <param name="settings">The log's settings.</param>
    /// <param name="partition">For messages.</param>
    /// <param name="batch">The header.</param>
    internal static AppendRefusal? CheckHeader(ReadOnlySpan<byte> header, scoped in ReadOnlySequence<byte> pieces, LogSettings settings, TopicPartition partition, out RecordBatchView batch)
    {
        if (!RecordBatchView.TryReadHeader(header, header.Length + pieces.Length, out batch))
        {
            return NotOneBatch(header, header.Length + pieces.Length, partition);
        }

        AppendRefusal? refusal = CheckSender(batch, settings, partition);
        return refusal is not null ? refusal
            : Crc32C.Compute(header[BatchLayout.Attributes..], pieces) == batch.Crc ? CheckFields(batch, isBuiltHere: false, partition)
            : WrongChecksum(partition);
    }

    private static AppendRefusal NotOneBatch(ReadOnlySpan<byte> start, long length, TopicPartition partition) =>
        start.Length > BatchLayout.Magic && start[BatchLayout.Magic] > BatchLayout.MagicV2
            ? new AppendRefusal(ErrorCode.CorruptMessage, $"The batch for {partition} is of format version {start[BatchLayout.Magic]}, which does not exist.")
            : Invalid(partition, $"the {length} bytes are not exactly one batch of format version 2");

    private static AppendRefusal WrongChecksum(TopicPartition partition) =>
        new AppendRefusal(ErrorCode.CorruptMessage, $"The batch for {partition} does not match its checksum.");

    /// <summary>Checks what precedes the checksum.</summary>
    private static AppendRefusal? CheckSender(RecordBatchView batch, LogSettings settings, TopicPartition partition) =>
        batch.BaseOffset != 0 ? Invalid(partition, $"its base offset is {batch.BaseOffset}, producers send 0")
        : batch.SizeBytes > settings.MaxMessageBytes ? TooLarge(batch, settings, partition)
        : null;

    /// <summary>Checks the fields after the checksum matched.</summary>
    private static AppendRefusal? CheckFields(RecordBatchView batch, bool isBuiltHere, TopicPartition partition)
    {
        if (batch.LastOffsetDelta < 0 || batch.LastOffsetDelta == int.MaxValue || batch.RecordsCount != batch.LastOffsetDelta + 1)
        {
            return Invalid(partition, $"it has {batch.RecordsCount} records and a last offset delta of {batch.LastOffsetDelta}");
        }

        if (batch.IsControl)
        {
            return Invalid(partition, "clients may not send control batches");
        }

        // Batches of the coordinators have a producer id and no sequence.
        if (!isBuiltHere && ProducerProblem(batch) is { } problem)
        {
            return Invalid(partition, problem);
        }

        return batch.CompressionType > CompressionType.Zstd
            ? new AppendRefusal(ErrorCode.UnknownServerError, $"The batch for {partition} is refused: its codec {batch.CompressionType} does not exist.")
            : null;
    }

    /// <summary>Checks the records against the topic's settings.</summary>
    internal static AppendRefusal? CheckRecords(RecordBatchView batch, BatchFacts facts, LogSettings settings, TopicPartition partition, IntakeClock clock)
    {
        if (settings.IsCompacted && facts.Keyless >= 0)
        {
            return Invalid(partition, $"record {facts.Keyless} has no key, and the topic is compacted");
        }

        if (batch.TimestampType == TimestampType.LogAppendTime)
        {
            return new AppendRefusal(ErrorCode.InvalidTimestamp, $"The batch for {partition} is refused: it claims the log's append time, which only the log can give.");
        }

        if (settings.TimestampType == TimestampType.LogAppendTime)
        {
            return null;
        }

        // -1 means "no timestamp". Kafka accepts smaller values too, but no client can display
        // them.
        bool isGood = facts.MinTimestamp >= BatchFacts.NoTimestamp
            && (facts.MinTimestamp == BatchFacts.NoTimestamp || !clock.IsTooOld(facts.MinTimestamp, settings.TimestampBeforeMaxMs))
            && !clock.IsTooNew(facts.MaxTimestamp, settings.TimestampAfterMaxMs);
        return isGood
            ? null
            : new AppendRefusal(
                ErrorCode.InvalidTimestamp,
                $"The batch for {partition} is refused: its timestamps range from {facts.MinTimestamp} to {facts.MaxTimestamp}; relative to the clock they may be " +
                $"'message.timestamp.before.max.ms' ({settings.TimestampBeforeMaxMs}) before and 'message.timestamp.after.max.ms' ({settings.TimestampAfterMaxMs}) after.");
    }

    /// <summary>
    /// Checks the batch that will be stored, which may be larger than the received one.
    /// </summary>
    internal static AppendRefusal? CheckSize(RecordBatchView batch, LogSettings settings, TopicPartition partition)
    {
        if (batch.SizeBytes > settings.MaxMessageBytes)
        {
            return TooLarge(batch, settings, partition);
        }

        return batch.SizeBytes > settings.SegmentBytes
            ? new AppendRefusal(ErrorCode.RecordListTooLarge, $"The batch for {partition} has {batch.SizeBytes} bytes, 'segment.bytes' is {settings.SegmentBytes}.")
            : null;
    }

    internal static AppendRefusal Invalid(TopicPartition partition, string what) =>
        new AppendRefusal(ErrorCode.InvalidRecord, $"The batch for {partition} is refused: {what}.");

    private static string? ProducerProblem(RecordBatchView batch)
    {
        if (batch.ProducerId < 0)
        {
            return batch.IsTransactional ? "it is part of a transaction and has no producer id" : null;
        }

        return batch.BaseSequence < 0 || batch.ProducerEpoch < 0
            ? $"producer {batch.ProducerId} sends it with the epoch {batch.ProducerEpoch} and the base sequence {batch.BaseSequence}"
            : null;
    }

    private static AppendRefusal TooLarge(RecordBatchView batch, LogSettings settings, TopicPartition partition) =>
        new AppendRefusal(ErrorCode.MessageTooLarge, $"The batch for {partition} has {batch.SizeBytes} bytes, 'max.message.bytes' is {settings.MaxMessageBytes}.");
}
