using System.Buffers;
using System.Runtime.CompilerServices;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Topics;

namespace Zurau.Engine;

/// <summary>Appends batches and completes according to their acks. Thread-safe.</summary>
internal sealed class AppendRequests(TopicRegistry topics, FlushDuties flushes, ClosedFlag closed)
{
    private static readonly AppendResult s_noAnswer = new(ErrorCode.None, -1);

    internal ValueTask<AppendResult> AppendAsync(TopicPartition partition, ReadOnlySequence<byte> batch, Acks acks) =>
        Find(partition, acks, out PartitionLog? log) is { } refusal
            ? Refuse(refusal, acks)
            : AnswerAsync(log!.Append(batch), log, acks);

    internal ValueTask<AppendResult> AppendAsync(TopicPartition partition, ReadOnlySpan<byte> batch, BatchFacts? facts, Acks acks) =>
        Find(partition, acks, out PartitionLog? log) is { } refusal
            ? Refuse(refusal, acks)
            : AnswerAsync(log!.Append(batch, facts), log, acks);

    /// <summary>Returns why a partition has no log.</summary>
    internal static ErrorResult Missing(TopicRegistry topics, TopicPartition partition) => topics.FindPartition(partition)?.OfflineReason is { } reason
        ? new ErrorResult(ErrorCode.KafkaStorageError, $"Partition {partition} is offline: {reason}")
        : new ErrorResult(ErrorCode.UnknownTopicOrPartition, $"Partition {partition} does not exist.");

    /// <summary>
    /// Finds a log that clients may append to; returns why they may not, or null.
    /// </summary>
    private AppendRefusal? Find(TopicPartition partition, Acks acks, out PartitionLog? log)
    {
        log = null;
        if (acks is not (Acks.All or Acks.None or Acks.Leader))
        {
            return new AppendRefusal(ErrorCode.InvalidRequiredAcks, $"acks={(int)acks} does not exist; use all, 1 or 0.");
        }

        if (TopicName.IsInternal(partition.Topic))
        {
            return new AppendRefusal(ErrorCode.InvalidTopicException, $"Topic '{partition.Topic}' is internal; only the engine writes to it.");
        }

        log = topics.Find(partition);
        if (log is not null)
        {
            return null;
        }

        ErrorResult missing = Missing(topics, partition);
        return new AppendRefusal(missing.Error, missing.Message!);
    }

    /// <summary>With acks=0 the result contains no error.</summary>
    private static ValueTask<AppendResult> Refuse(AppendRefusal refusal, Acks acks) =>
        new(acks == Acks.None ? s_noAnswer : refusal.ToResult());

    /// <summary>Waits as <paramref name="acks"/> requires, and answers.</summary>
    private ValueTask<AppendResult> AnswerAsync(in Appended appended, PartitionLog log, Acks acks)
    {
        bool mustFlush = appended.Refusal is null && log.MustFlush(appended.EndOffset);
        if (acks == Acks.None)
        {
            if (mustFlush)
            {
                flushes.Request(log.Flusher);
            }

            return new ValueTask<AppendResult>(s_noAnswer);
        }

        if (appended.Refusal is { } refusal)
        {
            return new ValueTask<AppendResult>((refusal.Error == ErrorCode.NotLeaderOrFollower ? Unavailable(refusal, log) : refusal).ToResult());
        }

        if (mustFlush)
        {
            acks = Acks.All;
        }

        ValueTask<ErrorCode> published = log.WhenPublished(appended.EndOffset);
        return acks == Acks.Leader && published.IsCompletedSuccessfully && published.Result == ErrorCode.None
            ? new ValueTask<AppendResult>(appended.ToResult())
            : AcknowledgeAsync(appended, published, log, acks);
    }

    /// <summary>Returns why a log accepts no appends any more.</summary>
    private AppendRefusal Unavailable(AppendRefusal refusal, PartitionLog log) =>
        closed.IsSet ? new AppendRefusal(ErrorCode.BrokerNotAvailable, ClosedFlag.Message)
        : topics.Find(log.Partition) != log ? new AppendRefusal(ErrorCode.UnknownTopicOrPartition, $"The topic of {log.Partition} was deleted.")
        : refusal;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<AppendResult> AcknowledgeAsync(Appended appended, ValueTask<ErrorCode> published, PartitionLog log, Acks acks)
    {
        ErrorCode error = await published.ConfigureAwait(false);
        if (error == ErrorCode.None && acks == Acks.All)
        {
            error = await flushes.WhenDurable(log.Flusher, appended.EndOffset).ConfigureAwait(false);
        }

        // A topic deletion may be undone, so its error is retriable; a closed engine stays closed.
        error = error == ErrorCode.NotLeaderOrFollower && closed.IsSet ? ErrorCode.BrokerNotAvailable : error;
        string why = log.Flusher.Failure.IsOk ? "" : $" The flush failed: {log.Flusher.Failure}.";
        return error == ErrorCode.None
            ? appended.ToResult()
            : AppendResult.Failed(error, $"The batch at offset {appended.BaseOffset} of {log.Partition} was appended but could not be acknowledged with acks={acks}; it may be lost.{why}");
    }
}
