using Microsoft.Extensions.Logging;
using Zurau.Transport;

namespace Zurau.Listening;

/// <summary>
/// The one answer to a failing record: what was done before it is committed, then it is tried again after the back-off, and when its
/// retries are used up it is dead-lettered, skipped, or stops the listener. Nothing is committed past a record before that is settled.
/// </summary>
internal sealed class FailureHandler(
    ListenerMethod method,
    ListenerSettings settings,
    IKafkaTransport transport,
    OffsetCommitter committer,
    ListenerCounters counters,
    ILogger logger) : IAsyncDisposable
{
    /// <summary>The least pause after a dead letter that could not be written, so that a full disk does not spin the handler.</summary>
    private static readonly TimeSpan s_deadLetterRetryPause = TimeSpan.FromSeconds(1);

    private readonly ExceptionClassifier _classifier = new(settings.NotRetryableExceptions);
    private readonly DeadLetterPublisher _deadLetters = new(transport, settings, logger);

    /// <summary>Decides about a failed delivery and does what is to be done about the record itself.</summary>
    public async ValueTask<FailureDecision> HandleAsync(
        ConsumerRecord<byte[]?, byte[]?> record,
        Delivery delivery,
        PartitionState state,
        RecordInvocation invocation,
        Exception exception)
    {
        if (delivery.State == DeliveryState.Done)
        {
            // An acknowledgment is final: what is acknowledged is never dead-lettered too.
            ListenerLog.FailedAfterAcknowledgment(logger, exception, settings.Id, record.TopicPartition, record.Offset);
            state.ClearFailures();
            return new FailureDecision(FailureAction.GoOn);
        }

        await committer.CommitAsync().ConfigureAwait(false);
        int attempt = state.AddFailure(record.Offset, exception);
        if (_classifier.IsRetryable(exception) && (settings.BackOffMaxRetries < 0 || attempt <= settings.BackOffMaxRetries))
        {
            counters.AddRetry(record.TopicPartition.Topic);
            ListenerLog.Retrying(logger, exception, settings.Id, record.TopicPartition, record.Offset, attempt);
            return new FailureDecision(FailureAction.DeliverAgain, TimeSpan.FromMilliseconds(settings.BackOffIntervalMs));
        }

        FailureDecision decision = settings.OnExhausted switch
        {
            OnExhausted.DeadLetter => await DeadLetterAsync(record, attempt, invocation, exception).ConfigureAwait(false),
            OnExhausted.Skip => Skip(record, attempt, exception),
            OnExhausted.Stop => Stop(record, attempt, exception),
            _ => throw new InvalidOperationException($"There is no OnExhausted {settings.OnExhausted}."),
        };
        state.ClearFailures();
        if (decision.Action == FailureAction.GoOn)
        {
            state.Tracker.Complete(delivery);
            await committer.CommitAsync().ConfigureAwait(false);
        }

        return decision;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _deadLetters.DisposeAsync();

    private async ValueTask<FailureDecision> DeadLetterAsync(
        ConsumerRecord<byte[]?, byte[]?> record,
        int attempt,
        RecordInvocation invocation,
        Exception exception)
    {
        try
        {
            RecordMetadata written = await _deadLetters.PublishAsync(record, Describe(invocation, exception)).ConfigureAwait(false);
            counters.AddDeadLetter(record.TopicPartition.Topic);
            ListenerLog.DeadLettered(
                logger, exception, settings.Id, record.TopicPartition, record.Offset, attempt, written.TopicPartition, written.Offset);
            return new FailureDecision(FailureAction.GoOn);
        }
        catch (KafkaException e)
        {
            ListenerLog.DeadLetterFailed(logger, e, settings.Id, record.TopicPartition, record.Offset);
            TimeSpan backOff = TimeSpan.FromMilliseconds(settings.BackOffIntervalMs);
            return new FailureDecision(FailureAction.DeliverAgain, backOff > s_deadLetterRetryPause ? backOff : s_deadLetterRetryPause);
        }
    }

    private FailureDecision Skip(ConsumerRecord<byte[]?, byte[]?> record, int attempt, Exception exception)
    {
        counters.AddSkip(record.TopicPartition.Topic);
        ListenerLog.Skipped(logger, exception, settings.Id, record.TopicPartition, record.Offset, attempt);
        return new FailureDecision(FailureAction.GoOn);
    }

    private FailureDecision Stop(ConsumerRecord<byte[]?, byte[]?> record, int attempt, Exception exception)
    {
        ListenerLog.StoppedByFailure(logger, exception, settings.Id, record.TopicPartition, record.Offset, attempt);
        return new FailureDecision(FailureAction.Stop);
    }

    /// <summary>A poison pill is about its bytes and not about the handler; the headers say so, as Spring's do.</summary>
    private DeadLetterFailure Describe(RecordInvocation invocation, Exception exception) =>
        ReferenceEquals(exception, invocation.KeyFailure) ? new(null, invocation.KeyFailure)
        : ReferenceEquals(exception, invocation.ValueFailure) ? new(exception, null)
        : new(new ListenerExecutionException(method.DisplayName, exception), null);
}
