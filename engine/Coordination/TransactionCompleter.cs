using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Topics;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Carries out what is decided: a marker in every partition of the transaction, and offsets that it committed. May be done again after
/// a crash at any point. Thread-safe.
/// </summary>
internal sealed partial class TransactionCompleter(TopicRegistry topics, GroupCoordinator groups, FlushDuties flushes, ILogger logger)
{
    /// <summary>How far the records of an ongoing transaction go in the partitions where it has any.</summary>
    internal ImmutableArray<DataEnd> DataEndsOf(TransactionMetadata ongoing)
    {
        ImmutableArray<DataEnd>.Builder ends = ImmutableArray.CreateBuilder<DataEnd>();
        foreach (TopicPartition partition in ongoing.Partitions ?? [])
        {
            if (topics.Find(partition.Topic) is { } topic && topics.Find(partition) is { } log)
            {
                LiveProducer producer = log.Producers.Enter(ongoing.ProducerId);
                long endOffset = producer.TransactionFirstOffset < 0 ? -1 : producer.EndOffset;
                log.Producers.Exit(producer);
                if (endOffset >= 0)
                {
                    ends.Add(new DataEnd(partition, topic.Description.TopicId, endOffset));
                }
            }
        }

        return ends.ToImmutable();
    }

    /// <summary>
    /// Tells whether a log holds its part of a transaction up to its end. What a power cut took is missing at the end of a log, and no later
    /// batch of the producer is there then, and no marker, which comes only behind the decision. Records that were deleted since, or with their
    /// topic, were there.
    /// </summary>
    internal bool Holds(DataEnd end, TransactionMetadata prepared)
    {
        if (FindLog(end) is not { } log)
        {
            return true;
        }

        LiveProducer producer = log.Producers.Enter(prepared.ProducerId);
        bool isThere = producer.EndOffset >= end.EndOffset || (prepared.BumpsEpoch && producer.Epoch >= prepared.Epoch);
        log.Producers.Exit(producer);
        return isThere || log.LogStartOffset >= end.EndOffset;
    }

    /// <summary>Waits until the logs of partitions are on disk, each up to an offset, or up to its end; all flushes run side by side.</summary>
    internal async ValueTask<ErrorCode> WhenDurableAsync(ValueTask<ErrorCode> first, ImmutableArray<DataEnd> ends, IEnumerable<TopicPartition> wholeLogs)
    {
        var waits = new List<ValueTask<ErrorCode>>(4);
        foreach (DataEnd end in ends)
        {
            if (FindLog(end) is { } log)
            {
                waits.Add(flushes.WhenDurable(log, end.EndOffset));
            }
        }

        foreach (TopicPartition partition in wholeLogs)
        {
            if (topics.Find(partition) is { } log)
            {
                waits.Add(flushes.WhenDurable(log, log.ReadEnd().Offset));
            }
        }

        waits.Add(first);
        return await FirstErrorAsync(waits).ConfigureAwait(false);
    }

    /// <summary>
    /// Writes the markers and completes when what they decide is visible, or, if so asked, when they are on disk too. An error means: once
    /// more, later.
    /// </summary>
    internal async ValueTask<ErrorCode> WriteMarkersAsync(TransactionMetadata prepared, int coordinatorEpoch, bool isDurable)
    {
        var marker = new TransactionMarker(
            prepared.ProducerId,
            prepared.Epoch,
            prepared.State == TransactionState.PrepareCommit,
            coordinatorEpoch,
            prepared.BumpsEpoch);
        var waits = new List<ValueTask<ErrorCode>>();
        foreach (TopicPartition partition in prepared.Partitions ?? [])
        {
            if (topics.FindPartition(partition) is { } found)
            {
                waits.Add(found.Log is null ? new ValueTask<ErrorCode>(ErrorCode.KafkaStorageError) : WriteMarkerAsync(found.Log, marker, isDurable));
            }
        }

        return await FirstErrorAsync(waits).ConfigureAwait(false);
    }

    /// <summary>Writes one marker and completes when it is visible, or durable. A partition that knows better is left as it is.</summary>
    internal ValueTask<ErrorCode> WriteMarkerAsync(PartitionLog log, TransactionMarker marker, bool isDurable)
    {
        AppendResult result = Append(log, marker, out long endOffset);
        switch (result.Error)
        {
            case ErrorCode.None:
                return isDurable ? flushes.WhenDurable(log, endOffset) : log.WhenPublished(endOffset);
            case ErrorCode.InvalidProducerEpoch or ErrorCode.TransactionCoordinatorFenced or ErrorCode.InvalidTxnState:
                LogMarkerRefused(log.Partition, result.Message);
                return default;
            default:
                return new ValueTask<ErrorCode>(result.Error);
        }
    }

    /// <summary>Writes one marker and completes when it is durable; says where the partition knows better.</summary>
    internal async ValueTask<ErrorResult> WriteMarkerByHandAsync(PartitionLog log, TransactionMarker marker)
    {
        AppendResult result = Append(log, marker, out long endOffset);
        return result.Error == ErrorCode.None
            ? new ErrorResult(await flushes.WhenDurable(log, endOffset).ConfigureAwait(false))
            : new ErrorResult(result.Error, result.Message);
    }

    // Of a topic that was deleted and made again the log is another one.
    private PartitionLog? FindLog(DataEnd end) =>
        topics.Find(end.Partition.Topic)?.Description.TopicId == end.TopicId ? topics.Find(end.Partition) : null;

    private AppendResult Append(PartitionLog log, TransactionMarker marker, out long endOffset)
    {
        AppendResult result = log.Append(marker, out endOffset);
        log.Settings.Hooks?.At(LogPoint.MarkerAppended);
        if (result.Error == ErrorCode.None && log.Partition.Topic == TopicName.ConsumerOffsets)
        {
            groups.CompleteTransaction(log.Partition.Partition, marker.ProducerId, marker.IsCommit);
        }

        return result;
    }

    private static async ValueTask<ErrorCode> FirstErrorAsync(List<ValueTask<ErrorCode>> waits)
    {
        ErrorCode first = ErrorCode.None;
        foreach (ValueTask<ErrorCode> wait in waits)
        {
            ErrorCode error = await wait.ConfigureAwait(false);
            first = first == ErrorCode.None ? error : first;
        }

        return first;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A transaction could not be ended in {Partition}, which knows a newer one: {Reason}")]
    private partial void LogMarkerRefused(TopicPartition partition, string? reason);
}
