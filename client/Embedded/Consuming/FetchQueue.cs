using Microsoft.Extensions.Logging;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Transport;

namespace Zurau.Embedded.Consuming;

/// <summary>What the engine answered and the consumer has not returned yet: records and reset positions, in order.</summary>
internal sealed partial class FetchQueue(PartitionAssignment assignment, OffsetResolver resolver, ConsumerOptions options, TimeProvider time, ILogger logger)
{
    private readonly Queue<ConsumerEvent> _events = new();

    /// <summary>Adds an answer: records are queued, errors are handled.</summary>
    /// <exception cref="KafkaException">A partition cannot be read, and no other one has records.</exception>
    internal void Add(FetchResponse response)
    {
        KafkaException? failure = null;
        for (int i = 0; i < response.Partitions.Count; i++)
        {
            FetchedPartition fetched = response.Partitions[i];
            PartitionPosition? position = assignment.Find(fetched.Partition);
            if (position?.Offset is not { } offset)
            {
                fetched.Dispose();
            }
            else if (fetched.Error == ErrorCode.None)
            {
                position.Succeed();
                AddRecords(fetched, position, offset);
            }
            else
            {
                fetched.Dispose();
                failure = Handle(position, offset, fetched.Error) ?? failure;
            }
        }

        if (failure is not null && _events.Count == 0)
        {
            throw failure;
        }
    }

    /// <summary>Determines the position of a partition if it is not known; a problem is logged once and tried again after a back-off.</summary>
    /// <exception cref="KafkaException">There is no position and <c>auto.offset.reset=none</c>, or the engine is closed.</exception>
    internal ErrorResult Begin(PartitionPosition position)
    {
        // The id first: an offset of a later topic of that name is noticed by the fetch, which has the id.
        Guid topicId = resolver.TopicId(position.Partition.Topic);
        StartOffset start = resolver.Begin(position.Partition, position.IsNew);
        if (start.Offset is not { } offset)
        {
            NotYet(position, start.Problem);
            return start.Problem;
        }

        position.Succeed();
        position.TopicId = topicId;
        position.Offset = offset;
        if (position.WasDeleted)
        {
            position.WasDeleted = false;
            _events.Enqueue(ConsumerEvent.PositionReset(position.Partition, offset));
        }

        return ErrorResult.None;
    }

    /// <summary>Returns the next event that is still valid, and moves the position after its records.</summary>
    internal bool TryTake(out ConsumerEvent next)
    {
        while (_events.TryDequeue(out next))
        {
            PartitionPosition? position;
            if (next.Records is not RecordCursor records)
            {
                position = assignment.Find(next.Partitions[0]);
                if (position?.Offset == next.Offset)
                {
                    return true;
                }

                continue;
            }

            position = assignment.Find(records.TopicPartition);
            if (position is { IsPaused: false } && position.Offset == records.FetchOffset && position.TopicId == records.TopicId)
            {
                position.Offset = records.NextOffset;
                return true;
            }

            // Sought, paused or revoked since: what is still wanted is read again.
            records.Dispose();
        }

        return false;
    }

    internal void Clear()
    {
        while (_events.TryDequeue(out ConsumerEvent next))
        {
            next.Records?.Dispose();
        }
    }

    private void AddRecords(FetchedPartition fetched, PartitionPosition position, long offset)
    {
        if (fetched.Records.IsEmpty)
        {
            fetched.Dispose();
            return;
        }

        _events.Enqueue(ConsumerEvent.Of(new RecordCursor(fetched.Records, offset, fetched)
        {
            TopicPartition = position.Partition,
            TopicId = position.TopicId,
            HighWatermark = options.IsolationLevel == IsolationLevel.ReadCommitted ? fetched.LastStableOffset : fetched.HighWatermark,
            AbortedTransactions = fetched.AbortedTransactions,
            ChecksCrcs = options.CheckCrcs,
        }));
    }

    private KafkaException? Handle(PartitionPosition position, long offset, ErrorCode error)
    {
        switch (error)
        {
            case ErrorCode.OffsetOutOfRange:
                return Reset(position, offset);
            case ErrorCode.UnknownTopicOrPartition or ErrorCode.UnknownTopicId or ErrorCode.InconsistentTopicId:
                LogDeleted(logger, position.Partition);
                if (!assignment.Lose(position.Partition.Topic))
                {
                    // It stays assigned and begins again once there is such a partition. Until then a commit names the deleted topic and is refused.
                    position.Offset = null;
                    position.IsNew = true;
                    position.WasDeleted = true;
                }

                return null;
            case ErrorCode.KafkaStorageError:
                NotYet(position, resolver.TryGetRange(position.Partition, out _) is { IsSuccess: false } reason
                    ? reason
                    : new ErrorResult(error, $"{position.Partition} cannot be read at offset {offset}: {error}."));
                return null;
            default:
                if (position.Fail(error, time))
                {
                    LogFailure(logger, position.Partition, offset, error);
                }

                return KafkaException.For(
                    error,
                    $"{position.Partition} cannot be read at offset {offset}: {error}. The engine's log " +
                    "contains the reason; other partitions continue.");
        }
    }

    private KafkaException? Reset(PartitionPosition position, long outOfRange)
    {
        StartOffset start;
        try
        {
            start = resolver.Reset(position.Partition, position.TopicId, outOfRange);
        }
        catch (KafkaException exception)
        {
            return exception;
        }

        if (start.Offset is not { } offset)
        {
            NotYet(position, start.Problem);
            return null;
        }

        position.Offset = offset;
        _events.Enqueue(ConsumerEvent.PositionReset(position.Partition, offset));
        return null;
    }

    private void NotYet(PartitionPosition position, ErrorResult problem)
    {
        // A topic that does not exist yet is normal for a consumer that starts before it.
        position.IsNew |= problem.Error == ErrorCode.UnknownTopicOrPartition;
        if (position.Fail(problem.Error, time))
        {
            LogNotYet(logger, position.Partition, problem.Message ?? $"{problem.Error}");
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{Partition} does not exist any more; a topic that is created with that name is read from its creation on")]
    private static partial void LogDeleted(ILogger logger, TopicPartition partition);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Partition} is not read yet, other partitions continue: {Reason}")]
    private static partial void LogNotYet(ILogger logger, TopicPartition partition, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Partition} cannot be read at offset {Offset}: {Error}")]
    private static partial void LogFailure(ILogger logger, TopicPartition partition, long offset, ErrorCode error);
}
