using Microsoft.Extensions.Logging;

namespace Zurau.Embedded.Producing.Batches;

/// <summary>
/// Passes the result of a batch to the receivers of its records, in their order.
/// Nothing that a callback throws stops it.
/// </summary>
internal sealed partial class BatchDelivery(ILogger logger)
{
    // The producers whose callbacks run on this thread: a callback that sends may deliver another batch inside.
    [ThreadStatic]
    private static List<BatchDelivery>? s_delivering;

    /// <summary>Gets whether this thread is inside <see cref="Deliver"/>.</summary>
    internal bool IsDelivering => s_delivering?.Contains(this) == true;

    internal void Deliver(TopicPartition partition, ProducerBatch batch)
    {
        List<BatchDelivery> delivering = s_delivering ??= [];
        delivering.Add(this);
        try
        {
            if (batch.Result.Error == ErrorCode.None)
            {
                DeliverOffsets(partition, batch);
            }
            else
            {
                DeliverError(partition, batch);
            }
        }
        finally
        {
            delivering.RemoveAt(delivering.Count - 1);
        }
    }

    private void DeliverOffsets(TopicPartition partition, ProducerBatch batch)
    {
        ProduceResult result = batch.Result;
        foreach (RecordCompletion completion in batch.Completions)
        {
            long offset = result.BaseOffset < 0 ? -1 : result.BaseOffset + completion.Index;
            long timestampMs = result.LogAppendTimeMs >= 0 ? result.LogAppendTimeMs : completion.TimestampMs;
            Complete(completion, new RecordMetadata(partition, offset, DateTimeOffset.FromUnixTimeMilliseconds(timestampMs)), null);
        }
    }

    private void DeliverError(TopicPartition partition, ProducerBatch batch)
    {
        ProduceResult result = batch.Result;
        string reason = result.Message ?? $"the log answered {result.Error}.";
        int unobserved = batch.Builder.Count - batch.Completions.Count;
        if (unobserved > 0)
        {
            LogUnobservedFailure(logger, batch.Cause, unobserved, partition, result.Error, reason);
        }

        foreach (RecordCompletion completion in batch.Completions)
        {
            // One exception each: they are thrown on different threads, and a throw writes into its exception.
            var exception = KafkaException.For(result.Error, $"A record for {partition} was not delivered: {reason}", batch.Cause);
            Complete(completion, new RecordMetadata(partition, -1, DateTimeOffset.FromUnixTimeMilliseconds(completion.TimestampMs)), exception);
        }
    }

    private void Complete(RecordCompletion completion, RecordMetadata metadata, Exception? exception)
    {
        try
        {
            completion.Completion.Complete(metadata, exception);
        }
        catch (Exception thrown)
        {
            LogCallbackFailure(logger, thrown, metadata.TopicPartition, metadata.Offset);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Count} records for {Partition} that were sent without a callback were not delivered ({Error}): {Reason}")]
    private static partial void LogUnobservedFailure(ILogger logger, Exception? cause, int count, TopicPartition partition, ErrorCode error, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The callback of the record at {Partition} offset {Offset} threw; delivery continues")]
    private static partial void LogCallbackFailure(ILogger logger, Exception thrown, TopicPartition partition, long offset);
}
