using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Zurau.Transport;

namespace Zurau.Listening;

/// <summary>
/// The one answer to a failing record: what was done before it is committed, then it is tried again after the back-off, and when its
/// retries are used up it is dead-lettered, skipped, or stops the listener. Nothing is committed past a record before that is settled;
/// records after it may be handled while its dead letter is in flight. Not thread-safe.
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

    /// <summary>Bounds the memory of dead letters in flight: about the largest record that a topic accepts by default.</summary>
    internal const long MaxInFlightBytes = 1 << 20;

    private readonly ExceptionClassifier _classifier = new(settings.NotRetryableExceptions);
    private readonly DeadLetterPublisher _deadLetters = new(transport, settings, logger);

    /// <summary>Dead letters in the order they were sent; at most those of one poll.</summary>
    private readonly Queue<DeadLetterInFlight> _inFlight = new();

    private long _inFlightBytes;

    /// <summary>Whether the record of a dead letter is still open.</summary>
    public bool HasInFlight => _inFlight.Count > 0;

    /// <summary>
    /// Whether the dead letters must be settled before the next record: it commits each record, or they take too much memory.
    /// </summary>
    public bool MustSettle => HasInFlight && (settings.AckMode is AckMode.Record or AckMode.ManualImmediate || _inFlightBytes >= MaxInFlightBytes);

    /// <summary>Decides about a failed delivery and does what is to be done about the record itself.</summary>
    public async ValueTask<FailureDecision> HandleAsync(
        ListenerRecord record,
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

        await committer.CommitProgressAsync().ConfigureAwait(false);
        int attempt = state.AddFailure(record.Offset, exception);
        if (_classifier.IsRetryable(exception) && (settings.BackOffMaxRetries < 0 || attempt <= settings.BackOffMaxRetries))
        {
            counters.AddRetry(record.TopicPartition.Topic);
            ListenerLog.Retrying(logger, exception, settings.Id, record.TopicPartition, record.Offset, attempt);
            return new FailureDecision(FailureAction.DeliverAgain, TimeSpan.FromMilliseconds(settings.BackOffIntervalMs));
        }

        FailureDecision decision = settings.OnExhausted switch
        {
            OnExhausted.DeadLetter => await BeginDeadLetterAsync(record.Copy(), delivery, state, attempt, invocation, exception).ConfigureAwait(false),
            OnExhausted.Skip => Skip(record, delivery, state, attempt, exception),
            OnExhausted.Stop => Stop(record, attempt, exception),
            _ => throw new InvalidOperationException($"There is no OnExhausted {settings.OnExhausted}."),
        };
        state.ClearFailures();
        if (decision.Action == FailureAction.GoOn)
        {
            await committer.CommitProgressAsync().ConfigureAwait(false);
        }

        return decision;
    }

    /// <summary>Gives the oldest dead letter in flight.</summary>
    public bool TryPeek([NotNullWhen(true)] out DeadLetterInFlight? oldest) => _inFlight.TryPeek(out oldest);

    /// <summary>Waits for the oldest dead letter: its record is done when it is written, and delivered again when it is not.</summary>
    public async ValueTask<FailureDecision> SettleOldestAsync()
    {
        DeadLetterInFlight letter = _inFlight.Dequeue();
        _inFlightBytes -= letter.SizeBytes;
        TopicPartition partition = letter.Record.TopicPartition;
        try
        {
            RecordMetadata written = await letter.Sending.ConfigureAwait(false);
            counters.AddDeadLetter(partition.Topic);
            ListenerLog.DeadLettered(
                logger, letter.Exception, settings.Id, partition, letter.Record.Offset, letter.Attempt, written.TopicPartition, written.Offset);
            letter.State.Tracker.Complete(letter.Delivery);
            return new FailureDecision(FailureAction.GoOn);
        }
        catch (KafkaException e)
        {
            return Fail(letter.Record, e);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _deadLetters.DisposeAsync();

    private async ValueTask<FailureDecision> BeginDeadLetterAsync(
        ConsumerRecord<byte[]?, byte[]?> record,
        Delivery delivery,
        PartitionState state,
        int attempt,
        RecordInvocation invocation,
        Exception exception)
    {
        try
        {
            Task<RecordMetadata> sending = await _deadLetters.BeginAsync(record, Describe(invocation, exception)).ConfigureAwait(false);
            var letter = new DeadLetterInFlight(sending, record, delivery, state, attempt, exception);
            _inFlight.Enqueue(letter);
            _inFlightBytes += letter.SizeBytes;
            return new FailureDecision(FailureAction.GoOn);
        }
        catch (KafkaException e)
        {
            return Fail(record, e);
        }
    }

    private FailureDecision Fail(ConsumerRecord<byte[]?, byte[]?> record, KafkaException exception)
    {
        ListenerLog.DeadLetterFailed(logger, exception, settings.Id, record.TopicPartition, record.Offset);
        TimeSpan backOff = TimeSpan.FromMilliseconds(settings.BackOffIntervalMs);
        return new FailureDecision(FailureAction.DeliverAgain, backOff > s_deadLetterRetryPause ? backOff : s_deadLetterRetryPause);
    }

    private FailureDecision Skip(in ListenerRecord record, Delivery delivery, PartitionState state, int attempt, Exception exception)
    {
        counters.AddSkip(record.TopicPartition.Topic);
        ListenerLog.Skipped(logger, exception, settings.Id, record.TopicPartition, record.Offset, attempt);
        state.Tracker.Complete(delivery);
        return new FailureDecision(FailureAction.GoOn);
    }

    private FailureDecision Stop(in ListenerRecord record, int attempt, Exception exception)
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
