using System.Buffers;
using System.Runtime.CompilerServices;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Topics;

namespace Zurau.Engine;

/// <summary>Appends batches and completes as their acks say. Thread-safe.</summary>
internal sealed class AppendRequests(TopicRegistry topics, FlushDuties flushes, Func<bool> isClosed)
{
    internal const string ClosedMessage = "The engine is closed; open it again to go on.";

    internal ValueTask<AppendResult> AppendAsync(TopicPartition partition, ReadOnlySequence<byte> batch, Acks acks)
    {
        long endOffset = -1;
        PartitionLog? log = Find(partition, acks, out AppendResult result);
        result = log is null ? result : log.Append(batch, out endOffset);
        return AnswerAsync(result, log, endOffset, acks);
    }

    internal ValueTask<AppendResult> AppendAsync(TopicPartition partition, ReadOnlySpan<byte> batch, BatchFacts? facts, Acks acks)
    {
        long endOffset = -1;
        PartitionLog? log = Find(partition, acks, out AppendResult result);
        result = log is null ? result : log.Append(batch, out endOffset, facts);
        return AnswerAsync(result, log, endOffset, acks);
    }

    /// <summary>Why a partition has no log.</summary>
    internal static ErrorResult Missing(TopicRegistry topics, TopicPartition partition) => topics.FindPartition(partition)?.OfflineReason is { } reason
        ? new ErrorResult(ErrorCode.KafkaStorageError, $"Partition {partition} is offline: {reason}")
        : new ErrorResult(ErrorCode.UnknownTopicOrPartition, $"Partition {partition} does not exist.");

    /// <summary>The log that a client may append to; null, and why, where it may not.</summary>
    private PartitionLog? Find(TopicPartition partition, Acks acks, out AppendResult refusal)
    {
        refusal = default;
        if (acks is not (Acks.All or Acks.None or Acks.Leader))
        {
            refusal = AppendResult.Failed(ErrorCode.InvalidRequiredAcks, $"acks={(int)acks} does not exist; use all, 1 or 0.");
            return null;
        }

        if (TopicName.IsInternal(partition.Topic))
        {
            refusal = AppendResult.Failed(ErrorCode.InvalidTopicException, $"Topic '{partition.Topic}' is internal; only the engine writes to it.");
            return null;
        }

        if (topics.Find(partition) is { } log)
        {
            return log;
        }

        ErrorResult missing = Missing(topics, partition);
        refusal = AppendResult.Failed(missing.Error, missing.Message!);
        return null;
    }

    private ValueTask<AppendResult> AnswerAsync(AppendResult result, PartitionLog? log, long endOffset, Acks acks)
    {
        bool mustFlush = result.Error == ErrorCode.None && log!.MustFlush(endOffset);
        if (acks == Acks.None)
        {
            if (mustFlush)
            {
                flushes.Request(log!);
            }

            return new ValueTask<AppendResult>(new AppendResult(ErrorCode.None, -1));
        }

        if (result.Error != ErrorCode.None)
        {
            return new ValueTask<AppendResult>(result.Error == ErrorCode.NotLeaderOrFollower ? Unavailable(result, log!) : result);
        }

        if (mustFlush)
        {
            acks = Acks.All;
        }

        ValueTask<ErrorCode> published = log!.WhenPublished(endOffset);
        return acks == Acks.Leader && published.IsCompletedSuccessfully && published.Result == ErrorCode.None
            ? new ValueTask<AppendResult>(result)
            : AcknowledgeAsync(result, published, log, endOffset, acks);
    }

    /// <summary>What the client is told of a log that takes no appends any more.</summary>
    private AppendResult Unavailable(AppendResult result, PartitionLog log) =>
        isClosed() ? AppendResult.Failed(ErrorCode.BrokerNotAvailable, ClosedMessage)
        : topics.Find(log.Partition) != log ? AppendResult.Failed(ErrorCode.UnknownTopicOrPartition, $"The topic of {log.Partition} was deleted.")
        : result;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<AppendResult> AcknowledgeAsync(AppendResult result, ValueTask<ErrorCode> published, PartitionLog log, long endOffset, Acks acks)
    {
        ErrorCode error = await published.ConfigureAwait(false);
        if (error == ErrorCode.None && acks == Acks.All)
        {
            error = await flushes.WhenDurable(log, endOffset).ConfigureAwait(false);
        }

        // A topic that is deleted may come back, so its error is retriable; a closed engine does not.
        error = error == ErrorCode.NotLeaderOrFollower && isClosed() ? ErrorCode.BrokerNotAvailable : error;
        string why = log.Flusher.Failure.IsOk ? "" : $" The flush failed: {log.Flusher.Failure}.";
        return error == ErrorCode.None
            ? result
            : AppendResult.Failed(error, $"The batch at offset {result.BaseOffset} of {log.Partition} was appended and could not be acknowledged with acks={acks}: it may or may not survive.{why}");
    }
}
