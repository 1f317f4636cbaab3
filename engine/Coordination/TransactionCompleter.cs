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
    /// <summary>Waits until all that the transaction wrote is on disk: a commit must not outlive its records.</summary>
    internal async ValueTask<ErrorCode> WhenDataIsDurableAsync(TransactionMetadata ongoing)
    {
        var waits = new List<ValueTask<ErrorCode>>();
        foreach (TopicPartition partition in ongoing.Partitions ?? [])
        {
            if (topics.Find(partition) is { } log)
            {
                LiveProducer producer = log.Producers.Enter(ongoing.ProducerId);
                long endOffset = producer.TransactionFirstOffset < 0 ? -1 : producer.EndOffset;
                producer.Exit();
                waits.Add(endOffset < 0 ? default : flushes.WhenDurable(log, endOffset));
            }
        }

        return await FirstErrorAsync(waits).ConfigureAwait(false);
    }

    /// <summary>
    /// Writes the markers and completes when they are on disk; what they decide is visible before. An error means: once more, later.
    /// </summary>
    internal async ValueTask<ErrorCode> WriteMarkersAsync(TransactionMetadata prepared, int coordinatorEpoch)
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
                waits.Add(found.Log is null ? new ValueTask<ErrorCode>(ErrorCode.KafkaStorageError) : WriteMarkerAsync(found.Log, marker));
            }
        }

        return await FirstErrorAsync(waits).ConfigureAwait(false);
    }

    /// <summary>Writes one marker, now visible and then durable. A partition that knows better is left as it is.</summary>
    internal ValueTask<ErrorCode> WriteMarkerAsync(PartitionLog log, TransactionMarker marker)
    {
        AppendResult result = Append(log, marker, out long endOffset);
        switch (result.Error)
        {
            case ErrorCode.None:
                return flushes.WhenDurable(log, endOffset);
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
