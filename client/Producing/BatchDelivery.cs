using Microsoft.Extensions.Logging;
using Zurau.Transport;

namespace Zurau.Producing;

/// <summary>
/// Hands the result of a batch to those who wait for its records, in their order.
/// Nothing that a callback throws stops it.
/// </summary>
internal sealed partial class BatchDelivery(ILogger logger)
{
    [ThreadStatic]
    private static int s_depth;

    /// <summary>Refuses a call that would block for the callback it is made from.</summary>
    internal static void ThrowIfDelivering(string call)
    {
        if (s_depth > 0)
        {
            throw new InvalidOperationException($"{call} was called from a send's callback and would deadlock; call it from another thread.");
        }
    }

    internal void Deliver(TopicPartition partition, ProducerBatch batch)
    {
        s_depth++;
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
            s_depth--;
        }
    }

    private void DeliverOffsets(TopicPartition partition, ProducerBatch batch)
    {
        ProduceResult result = batch.Result;
        foreach (RecordCompletion completion in batch.Completions)
        {
            long offset = result.BaseOffset < 0 ? -1 : result.BaseOffset + completion.Index;
            long timestampMs = result.LogAppendTimeMs >= 0 ? result.LogAppendTimeMs : completion.TimestampMs;
            var metadata = new RecordMetadata(partition, offset, DateTimeOffset.FromUnixTimeMilliseconds(timestampMs));
            if (completion.Target is PendingSend pending)
            {
                pending.SetResult(metadata);
            }
            else
            {
                Call(completion, metadata, null);
            }
        }
    }

    private void DeliverError(TopicPartition partition, ProducerBatch batch)
    {
        ProduceResult result = batch.Result;
        string reason = result.Message ?? $"the log answered {result.Error}.";
        int unheard = batch.Builder.Count - batch.Completions.Count;
        if (unheard > 0)
        {
            LogUnheardFailure(logger, batch.Cause, unheard, partition, result.Error, reason);
        }

        foreach (RecordCompletion completion in batch.Completions)
        {
            // One exception each: they are thrown on different threads, and a throw writes into its exception.
            var exception = KafkaException.For(result.Error, $"A record for {partition} was not delivered: {reason}", batch.Cause);
            if (completion.Target is PendingSend pending)
            {
                pending.SetException(exception);
            }
            else
            {
                var metadata = new RecordMetadata(partition, -1, DateTimeOffset.FromUnixTimeMilliseconds(completion.TimestampMs));
                Call(completion, metadata, exception);
            }
        }
    }

    private void Call(RecordCompletion completion, RecordMetadata metadata, Exception? exception)
    {
        try
        {
            ((Action<RecordMetadata, Exception?>)completion.Target)(metadata, exception);
        }
        catch (Exception thrown)
        {
            LogCallbackFailure(logger, thrown, metadata.TopicPartition, metadata.Offset);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Count} records for {Partition} that were sent without a callback were not delivered ({Error}): {Reason}")]
    private static partial void LogUnheardFailure(ILogger logger, Exception? cause, int count, TopicPartition partition, ErrorCode error, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The callback of the record at {Partition} offset {Offset} threw; delivery continues")]
    private static partial void LogCallbackFailure(ILogger logger, Exception thrown, TopicPartition partition, long offset);
}
