using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Zurau.Engine;
using Zurau.Transport;

namespace Zurau.Embedded;

/// <summary>Answers of the engine that were not handed out yet, in the order in which they came.</summary>
internal sealed partial class FetchQueue(PartitionAssignment assignment, OffsetResolver resolver, ILogger logger)
{
    private readonly Queue<EmbeddedBatches> _batches = new();

    /// <summary>Takes an answer in: bytes are queued, errors are dealt with.</summary>
    /// <exception cref="KafkaException">A partition cannot be read, and no other one has anything to hand out.</exception>
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
            else if (fetched.Error == ErrorCode.None && !fetched.Records.IsEmpty)
            {
                position.LastError = ErrorCode.None;
                _batches.Enqueue(new EmbeddedBatches(fetched)
                {
                    TopicPartition = fetched.Partition,
                    FetchOffset = offset,
                    TopicId = position.TopicId,
                    HighWatermark = fetched.HighWatermark,
                    AbortedTransactions = fetched.AbortedTransactions,
                });
            }
            else
            {
                fetched.Dispose();
                failure = Explain(position, offset, fetched.Error) ?? failure;
            }
        }

        if (failure is not null && _batches.Count == 0)
        {
            throw failure;
        }
    }

    /// <summary>Hands out the next batches that are still wanted, and moves the position behind them.</summary>
    internal bool TryTake([NotNullWhen(true)] out FetchedBatches? batches)
    {
        while (_batches.TryDequeue(out EmbeddedBatches? next))
        {
            PartitionPosition? position = assignment.Find(next.TopicPartition);
            if (position is { IsPaused: false } && position.Offset == next.FetchOffset && position.TopicId == next.TopicId)
            {
                position.Offset = next.NextOffset;
                batches = next;
                return true;
            }

            // Sought, paused or taken away since: what is still wanted is read again.
            next.Dispose();
        }

        batches = null;
        return false;
    }

    internal void Clear()
    {
        while (_batches.TryDequeue(out EmbeddedBatches? batches))
        {
            batches.Dispose();
        }
    }

    private KafkaException? Explain(PartitionPosition position, long offset, ErrorCode error)
    {
        switch (error)
        {
            case ErrorCode.None:
                return null;
            case ErrorCode.OffsetOutOfRange:
                try
                {
                    position.Offset = resolver.Reset(position.Partition, position.TopicId, offset);
                    return null;
                }
                catch (KafkaException exception)
                {
                    return exception;
                }

            case ErrorCode.UnknownTopicOrPartition or ErrorCode.UnknownTopicId or ErrorCode.InconsistentTopicId:
                LogGone(logger, position.Partition);

                // One that was taken by hand stays assigned, and begins anew where there is such a partition again.
                position.Offset = null;
                position.TopicId = default;
                assignment.Lose(position.Partition.Topic);
                return null;
            default:
                if (position.LastError != error)
                {
                    LogFailure(logger, position.Partition, offset, error);
                    position.LastError = error;
                }

                return KafkaException.For(
                    error,
                    $"{position.Partition} cannot be read at offset {offset}: {error}. The engine's log " +
                    "contains the reason; other partitions continue.");
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{Partition} does not exist any more; a topic that is created with that name is read according to auto.offset.reset")]
    private static partial void LogGone(ILogger logger, TopicPartition partition);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Partition} cannot be read at offset {Offset}: {Error}")]
    private static partial void LogFailure(ILogger logger, TopicPartition partition, long offset, ErrorCode error);
}
