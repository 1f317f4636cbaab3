using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Topics;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Carries out what is decided: a marker in every partition of the transaction, and offsets that it committed. May be done again after
/// a crash at any point. Partitions are those of the topics' ids: a topic that was created again under its name gets nothing. Thread-safe.
/// </summary>
internal sealed partial class TransactionCompleter(TopicRegistry topics, GroupCoordinator groups, FlushDuties flushes, ILogger logger)
{
    /// <summary>The ids of the topics of partitions; a topic that does not exist has none.</summary>
    internal ImmutableDictionary<string, Guid> TopicIdsOf(IEnumerable<TopicPartition> partitions)
    {
        ImmutableDictionary<string, Guid>.Builder ids = TransactionMetadata.NoTopicIds.ToBuilder();
        foreach (TopicPartition partition in partitions)
        {
            if (topics.Find(partition.Topic) is { } topic)
            {
                ids[partition.Topic] = topic.Description.TopicId;
            }
        }

        return ids.ToImmutable();
    }

    /// <summary>Finds a partition, online or offline; null if it was deleted, also if there is another topic of that name.</summary>
    internal Partition? Find(TopicPartition partition, ImmutableDictionary<string, Guid> topicIds) =>
        topics.Find(partition.Topic) is { } topic
        && topicIds.GetValueOrDefault(partition.Topic, topic.Description.TopicId) == topic.Description.TopicId
        && (uint)partition.Partition < (uint)topic.Partitions.Length
            ? topic.Partitions[partition.Partition]
            : null;

    /// <summary>How far the records of an ongoing transaction go in the partitions where it has any.</summary>
    internal ImmutableArray<DataEnd> DataEndsOf(TransactionMetadata ongoing)
    {
        ImmutableArray<DataEnd>.Builder ends = ImmutableArray.CreateBuilder<DataEnd>();
        foreach (TopicPartition partition in ongoing.Partitions ?? [])
        {
            if (topics.Find(partition.Topic) is { } topic && Find(partition, ongoing.TopicIds)?.Log is { } log)
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
    /// Returns whether the logs hold a transaction up to its ends. What a power cut took is missing at the end of a log, and no later batch of
    /// the producer is there then, and no marker, which comes only after the decision. Records that were deleted since, or with their topic,
    /// were there. Of a partition that is offline nobody knows: nothing is decided before it is back, or deleted.
    /// </summary>
    /// <param name="ends">The ends.</param>
    /// <param name="prepared">The decision.</param>
    /// <param name="doubtful">Those in partitions that are offline.</param>
    internal DataState FindData(ImmutableArray<DataEnd> ends, TransactionMetadata prepared, out ImmutableArray<DataEnd> doubtful)
    {
        doubtful = [];
        foreach (DataEnd end in ends)
        {
            if (Find(end) is not { WasLost: false } partition)
            {
                continue; // Deleted, or moved away by somebody: that says nothing of what was there.
            }

            if (partition.Log is not { } log)
            {
                doubtful = doubtful.Add(end);
            }
            else if (!Holds(log, end, prepared))
            {
                doubtful = [];
                return DataState.Lost;
            }
        }

        return doubtful.IsEmpty ? DataState.Held : DataState.Unknown;
    }

    /// <summary>Waits until the logs of partitions are on disk, each up to an offset, or up to its end; all flushes run side by side.</summary>
    internal async ValueTask<ErrorCode> WhenDurableAsync(ValueTask<ErrorCode> first, ImmutableArray<DataEnd> ends, WrittenEnd? wholeLogs)
    {
        var waits = new List<ValueTask<ErrorCode>>(4);
        foreach (DataEnd end in ends)
        {
            if (Find(end)?.Log is { } log)
            {
                waits.Add(flushes.WhenDurable(log, end.EndOffset));
            }
        }

        foreach (TopicPartition partition in wholeLogs?.Partitions ?? [])
        {
            if (Find(partition, wholeLogs!.TopicIds)?.Log is { } log)
            {
                waits.Add(flushes.WhenDurable(log, log.ReadEnd().Offset));
            }
        }

        waits.Add(first);
        ErrorCode firstError = ErrorCode.None;
        foreach (ValueTask<ErrorCode> wait in waits)
        {
            ErrorCode error = await wait.ConfigureAwait(false);
            firstError = firstError == ErrorCode.None ? error : firstError;
        }

        return firstError;
    }

    /// <summary>
    /// Writes the markers and completes when what they decide is visible, or, if so asked, when they are on disk too. An error means: once
    /// more, later.
    /// </summary>
    internal async ValueTask<ErrorResult> WriteMarkersAsync(TransactionMetadata prepared, int coordinatorEpoch, bool isDurable)
    {
        var marker = new TransactionMarker(
            prepared.ProducerId,
            prepared.Epoch,
            prepared.State == TransactionState.PrepareCommit,
            coordinatorEpoch,
            prepared.BumpsEpoch);
        var waits = new List<ValueTask<ErrorResult>>();
        foreach (TopicPartition partition in prepared.Partitions ?? [])
        {
            if (Find(partition, prepared.TopicIds) is { } found)
            {
                waits.Add(found.Log is null ? new ValueTask<ErrorResult>(Offline(partition, found)) : WriteMarkerAsync(found.Log, marker, isDurable));
            }
        }

        ErrorResult first = ErrorResult.None;
        foreach (ValueTask<ErrorResult> wait in waits)
        {
            ErrorResult result = await wait.ConfigureAwait(false);
            first = first.IsSuccess ? result : first;
        }

        return first;
    }

    /// <summary>Writes a marker that a startup found missing, unless it is not missing any more; completes when it is visible.</summary>
    internal async ValueTask<ErrorResult> WriteOwedAsync(OwedMarker owed)
    {
        if (Find(owed.Partition, TransactionMetadata.NoTopicIds.Add(owed.Partition.Topic, owed.TopicId)) is not { } found)
        {
            return ErrorResult.None; // Deleted, with what was open there.
        }

        if (found.Log is not { } log)
        {
            return Offline(owed.Partition, found);
        }

        LiveProducer producer = log.Producers.Enter(owed.Marker.ProducerId);
        bool isMissing = IsMissing(owed.Marker, producer);
        log.Producers.Exit(producer);
        return isMissing ? await WriteMarkerAsync(log, owed.Marker, isDurable: false).ConfigureAwait(false) : ErrorResult.None;
    }

    /// <summary>Whether a partition still has the transaction open that a marker ends.</summary>
    internal static bool IsMissing(TransactionMarker marker, LiveProducer producer) =>
        producer.TransactionFirstOffset >= 0 && (marker.BumpsEpoch ? producer.Epoch < marker.Epoch : producer.Epoch == marker.Epoch);

    /// <summary>Writes one marker and completes when it is durable; the partition's own objection is an error.</summary>
    internal async ValueTask<ErrorResult> WriteMarkerByHandAsync(PartitionLog log, TransactionMarker marker)
    {
        AppendResult result = Append(log, marker, out long endOffset);
        return result.Error == ErrorCode.None
            ? new ErrorResult(await flushes.WhenDurable(log, endOffset).ConfigureAwait(false))
            : new ErrorResult(result.Error, result.Message);
    }

    private static ErrorResult Offline(TopicPartition partition, Partition offline) =>
        new(ErrorCode.KafkaStorageError, $"Partition {partition} is offline: {offline.OfflineReason}");

    private static bool Holds(PartitionLog log, DataEnd end, TransactionMetadata prepared)
    {
        LiveProducer producer = log.Producers.Enter(prepared.ProducerId);

        // With an epoch a transaction its records have the one before the decision's. The epoch counts, not the end alone: a marker of the
        // transaction before that a startup wrote again may lie where lost records were.
        bool isThere = prepared.BumpsEpoch
            ? producer.Epoch >= prepared.Epoch || (producer.TransactionFirstOffset >= 0 && producer.Epoch == prepared.Epoch - 1 && producer.EndOffset >= end.EndOffset)
            : producer.EndOffset >= end.EndOffset;
        log.Producers.Exit(producer);
        return isThere || log.LogStartOffset >= end.EndOffset;
    }

    private Partition? Find(DataEnd end) => Find(end.Partition, TransactionMetadata.NoTopicIds.Add(end.Partition.Topic, end.TopicId));

    // Completes when the marker is visible, or durable. A partition that knows better is left as it is.
    private async ValueTask<ErrorResult> WriteMarkerAsync(PartitionLog log, TransactionMarker marker, bool isDurable)
    {
        AppendResult result = Append(log, marker, out long endOffset);
        switch (result.Error)
        {
            case ErrorCode.None:
                ErrorCode error = await (isDurable ? flushes.WhenDurable(log, endOffset) : log.WhenPublished(endOffset)).ConfigureAwait(false);
                return error == ErrorCode.None ? ErrorResult.None : new ErrorResult(error, $"A marker in {log.Partition} is not durable: {error}.");
            case ErrorCode.InvalidProducerEpoch or ErrorCode.TransactionCoordinatorFenced or ErrorCode.InvalidTxnState:
                LogMarkerRefused(log.Partition, result.Message);
                return ErrorResult.None;
            default:
                return new ErrorResult(result.Error, result.Message);
        }
    }

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

    [LoggerMessage(Level = LogLevel.Warning, Message = "A transaction could not be ended in {Partition}, which knows a newer one: {Reason}")]
    private partial void LogMarkerRefused(TopicPartition partition, string? reason);
}
