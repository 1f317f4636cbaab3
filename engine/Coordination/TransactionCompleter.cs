using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Topics;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Executes a decision: writes a marker into every partition of the transaction and
/// completes its offset commits. Can be repeated after a crash at any point. Partitions
/// are identified by topic id: a topic that was created again under the same name is
/// not changed. Thread-safe.
/// </summary>
internal sealed partial class TransactionCompleter(TopicRegistry topics, OffsetCoordinator offsets, FlushDuties flushes, ILogger logger)
{
    /// <summary>
    /// Returns the ids of the partitions' topics; a topic that does not exist has none.
    /// </summary>
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

    /// <summary>
    /// Finds a partition, online or offline; null if it was deleted, even if another topic
    /// has its name.
    /// </summary>
    internal Partition? Find(TopicPartition partition, ImmutableDictionary<string, Guid> topicIds) =>
        topics.Find(partition.Topic) is { } topic
        && topicIds.GetValueOrDefault(partition.Topic, topic.Description.TopicId) == topic.Description.TopicId
        && (uint)partition.Partition < (uint)topic.Partitions.Length
            ? topic.Partitions[partition.Partition]
            : null;

    /// <summary>Allows the logs of partitions to accept batches of a transaction.</summary>
    internal void Open(TransactionMetadata ongoing, IEnumerable<TopicPartition> partitions)
    {
        foreach (TopicPartition partition in partitions)
        {
            Find(partition, ongoing.TopicIds)?.Log?.Producers.AddToTransaction(ongoing.ProducerId, ongoing.Epoch, ongoing.BumpsEpoch);
        }
    }

    /// <summary>
    /// Returns the ends of an ongoing transaction in the partitions with records of it.
    /// </summary>
    internal ImmutableArray<DataEnd> DataEndsOf(TransactionMetadata ongoing)
    {
        ImmutableArray<DataEnd>.Builder ends = ImmutableArray.CreateBuilder<DataEnd>();
        foreach (TopicPartition partition in ongoing.Partitions ?? [])
        {
            if (topics.Find(partition.Topic) is { } topic && Find(partition, ongoing.TopicIds)?.Log is { } log)
            {
                AppendProducer producer = log.Producers.Enter(ongoing.ProducerId);
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
    /// Returns whether the logs contain a transaction up to its ends. Records that a power
    /// failure lost are missing at a log's end; then the log has no later batch of the
    /// producer and no marker, which is written only after the decision. Records that were
    /// deleted later, alone or with their topic, did exist. An offline partition cannot be
    /// checked: nothing is decided until it is online again or deleted.
    /// </summary>
    /// <param name="ends">The ends.</param>
    /// <param name="prepared">The decision.</param>
    /// <param name="doubtful">The ends in offline partitions.</param>
    internal DataState FindData(ImmutableArray<DataEnd> ends, TransactionMetadata prepared, out ImmutableArray<DataEnd> doubtful)
    {
        doubtful = [];
        foreach (DataEnd end in ends)
        {
            if (Find(end) is not { WasLost: false } partition)
            {
                continue; // Deleted, or moved away manually: its records may have existed.
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

    /// <summary>
    /// Waits until the logs of partitions are on disk, each up to an offset or up to its
    /// end; the flushes run concurrently.
    /// </summary>
    internal async ValueTask<ErrorCode> WhenDurableAsync(ValueTask<ErrorCode> first, ImmutableArray<DataEnd> ends, WrittenEnd? wholeLogs)
    {
        var waits = new List<ValueTask<ErrorCode>>(4);
        foreach (DataEnd end in ends)
        {
            if (Find(end)?.Log is { } log)
            {
                waits.Add(flushes.WhenDurable(log.Flusher, end.EndOffset));
            }
        }

        foreach (TopicPartition partition in wholeLogs?.Partitions ?? [])
        {
            if (Find(partition, wholeLogs!.TopicIds)?.Log is { } log)
            {
                waits.Add(flushes.WhenDurable(log.Flusher, log.ReadEnd().Offset));
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
    /// Writes the markers; completes when their effect is visible or, if requested, when
    /// they are on disk. An error means that it must be retried.
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

    /// <summary>
    /// Writes a marker that was missing at startup, unless it exists now; completes when it
    /// is visible.
    /// </summary>
    internal async ValueTask<ErrorResult> WriteOwedAsync(OwedMarker owed)
    {
        if (Find(owed.Partition, TransactionMetadata.NoTopicIds.Add(owed.Partition.Topic, owed.TopicId)) is not { } found)
        {
            return ErrorResult.None; // Deleted, together with the open transaction.
        }

        if (found.Log is not { } log)
        {
            return Offline(owed.Partition, found);
        }

        AppendProducer producer = log.Producers.Enter(owed.Marker.ProducerId);
        bool isMissing = IsMissing(owed.Marker, producer);
        log.Producers.Exit(producer);
        return isMissing ? await WriteMarkerAsync(log, owed.Marker, isDurable: false).ConfigureAwait(false) : ErrorResult.None;
    }

    /// <summary>
    /// Returns whether a partition still has the open transaction that a marker ends.
    /// </summary>
    internal static bool IsMissing(TransactionMarker marker, AppendProducer producer) =>
        producer.TransactionFirstOffset >= 0 && (marker.BumpsEpoch ? producer.Epoch < marker.Epoch : producer.Epoch == marker.Epoch);

    /// <summary>
    /// Writes one marker on an administrator's request; completes when it is durable. A
    /// refusal by the partition is an error.
    /// </summary>
    internal async ValueTask<ErrorResult> WriteMarkerByHandAsync(PartitionLog log, TransactionMarker marker)
    {
        Appended result = Append(log, marker);
        return result.Error == ErrorCode.None
            ? new ErrorResult(await flushes.WhenDurable(log.Flusher, result.EndOffset).ConfigureAwait(false))
            : new ErrorResult(result.Error, result.Message);
    }

    private static ErrorResult Offline(TopicPartition partition, Partition offline) =>
        new(ErrorCode.KafkaStorageError, $"Partition {partition} is offline: {offline.OfflineReason}");

    private static bool Holds(PartitionLog log, DataEnd end, TransactionMetadata prepared)
    {
        AppendProducer producer = log.Producers.Enter(prepared.ProducerId);

        // If each transaction has its own epoch, the records have the epoch before the
        // decision's. Checking only the end is not enough: a marker of the previous
        // transaction that was rewritten at startup may occupy the offsets of lost records.
        bool isThere = prepared.BumpsEpoch
            ? producer.Epoch >= prepared.Epoch || (producer.TransactionFirstOffset >= 0 && producer.Epoch == prepared.Epoch - 1 && producer.EndOffset >= end.EndOffset)
            : producer.EndOffset >= end.EndOffset;
        log.Producers.Exit(producer);
        return isThere || log.LogStartOffset >= end.EndOffset;
    }

    private Partition? Find(DataEnd end) => Find(end.Partition, TransactionMetadata.NoTopicIds.Add(end.Partition.Topic, end.TopicId));

    // Completes when the marker is visible, or durable. A refusal by a partition with a
    // newer state is ignored.
    private async ValueTask<ErrorResult> WriteMarkerAsync(PartitionLog log, TransactionMarker marker, bool isDurable)
    {
        Appended result = Append(log, marker);
        switch (result.Error)
        {
            case ErrorCode.None:
                ErrorCode error = await (isDurable ? flushes.WhenDurable(log.Flusher, result.EndOffset) : log.WhenPublished(result.EndOffset)).ConfigureAwait(false);
                return error == ErrorCode.None ? ErrorResult.None : new ErrorResult(error, $"A marker in {log.Partition} is not durable: {error}.");
            case ErrorCode.InvalidProducerEpoch or ErrorCode.TransactionCoordinatorFenced or ErrorCode.InvalidTxnState:
                LogMarkerRefused(log.Partition, result.Message);
                return ErrorResult.None;
            default:
                return new ErrorResult(result.Error, result.Message);
        }
    }

    private Appended Append(PartitionLog log, TransactionMarker marker)
    {
        Appended result = log.Append(marker);
        log.Settings.Hooks?.At(LogPoint.MarkerAppended);
        if (result.Error == ErrorCode.None && log.Partition.Topic == TopicName.ConsumerOffsets)
        {
            offsets.CompleteTransaction(log.Partition.Partition, marker.ProducerId, marker.IsCommit);
        }

        return result;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A transaction could not be ended in {Partition}, which has a newer one: {Reason}")]
    private partial void LogMarkerRefused(TopicPartition partition, string? reason);
}
