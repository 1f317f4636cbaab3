using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Zurau.Consuming;
using Zurau.Transport;

namespace Zurau.Listening;

/// <summary>
/// One listener's work: poll, hand out, commit. <see cref="PollOnceAsync"/> is one step; the container repeats it, a test or a simulator
/// may step it instead. It waits only in the transport, for the handler and, after a failed read, on the transport's clock. Not
/// thread-safe.
/// </summary>
internal sealed class ListenerLoop : IRebalanceListener, IAsyncDisposable
{
    private static readonly TimeSpan s_pauseAfterFailedRead = TimeSpan.FromSeconds(1);

    private readonly ListenerMethod _method;
    private readonly ListenerSettings _settings;
    private readonly RecordServices _services;
    private readonly RecordInvocation _invocation;
    private readonly ListenerCounters _counters;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly ListenerRecordDecoder _decoder = new();
    private readonly ConsumerCore<ListenerRecord> _core;
    private readonly OffsetCommitter _committer;
    private readonly FailureHandler _failures;
    private readonly StartPositions _starts;
    private readonly OpenRecords _openRecords;
    private readonly Dictionary<TopicPartition, PartitionState> _partitions = [];

    private readonly long _startTimestamp;

    private long _polls;

    /// <summary>Deliveries in this poll that were repeated in place.</summary>
    private int _repeated;

    public ListenerLoop(
        ListenerMethod method,
        ListenerSettings settings,
        IKafkaTransport transport,
        ListenerServices services,
        ListenerCounters counters,
        ILogger logger)
    {
        _method = method;
        _settings = settings;
        _services = new RecordServices(services, method);
        _invocation = new RecordInvocation(_services, settings.GroupId);
        _counters = counters;
        _logger = logger;
        _time = transport.TimeProvider;
        _startTimestamp = _time.GetTimestamp();
        IConsumerTransport consumer = transport.CreateConsumer(settings.Consumer);
        _core = new ConsumerCore<ListenerRecord>(consumer, settings.Consumer, _time, _decoder, logger);
        _committer = new OffsetCommitter(consumer, settings, logger);
        _failures = new FailureHandler(method, settings, transport, _committer, counters, logger);
        _starts = new StartPositions(_core, consumer, _committer, settings, logger);
        _openRecords = new OpenRecords(_core, settings, counters, logger);
    }

    /// <summary>True once a record was given up with <see cref="OnExhausted.Stop"/>: there are no more polls.</summary>
    public bool HasGivenUp { get; private set; }

    /// <summary>The partitions that are assigned now; any thread.</summary>
    public IReadOnlyList<TopicPartition> Assignment { get; private set; } = [];

    /// <summary>Joins the group.</summary>
    /// <exception cref="KafkaException">The group refuses.</exception>
    public ValueTask SubscribeAsync(CancellationToken cancellationToken) =>
        _core.SubscribeAsync(Subscription.To(_settings.Topics), this, cancellationToken);

    /// <summary>Ends a wait for records; any thread.</summary>
    public void Wakeup() => _core.Wakeup();

    /// <summary>Does one poll: waits for records, hands them out one by one and commits as the ack mode says.</summary>
    /// <param name="timeout">How long to wait for a first record; less where a paused partition is due before.</param>
    /// <param name="stop">Fires when the listener stops: what is polled and not begun is left for the next start.</param>
    /// <returns>How many records were polled.</returns>
    public async ValueTask<int> PollOnceAsync(TimeSpan timeout, CancellationToken stop)
    {
        List<ListenerRecord> records = await PollAsync(_polls++ == 0 ? TimeSpan.Zero : UntilDue(timeout), stop).ConfigureAwait(false) ?? [];
        if (_starts.ArePending)
        {
            await _starts.CommitAsync(records).ConfigureAwait(false);
        }

        _repeated = 0;
        PartitionState? state = null;
        foreach (ListenerRecord record in records)
        {
            if (stop.IsCancellationRequested || HasGivenUp)
            {
                break;
            }

            // Partitions come and go in a poll only, and a poll's records mostly are of one.
            if (state is null || state.Partition != record.TopicPartition)
            {
                state = _partitions[record.TopicPartition];
            }

            if (state.SkippedPoll != _polls)
            {
                await HandleAsync(record, state, stop).ConfigureAwait(false);
            }
        }

        // Before the next poll, in which partitions may be revoked.
        await SettleDeadLettersAsync(wait: true).ConfigureAwait(false);
        await _committer.CommitPollAsync().ConfigureAwait(false);
        if (_settings.IsManual)
        {
            _openRecords.Check(_partitions.Values, NowMs);
        }

        int count = records.Count;
        _core.Recycle(records);
        return count;
    }

    /// <inheritdoc/>
    public ValueTask OnPartitionsAssignedAsync(IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellationToken)
    {
        foreach (TopicPartition partition in partitions)
        {
            var state = new PartitionState(partition, _committer.Assign(partition));
            _partitions[partition] = state;
            _starts.Add(state);
        }

        Assignment = [.. _partitions.Keys];
        return default;
    }

    /// <inheritdoc/>
    public async ValueTask OnPartitionsRevokedAsync(IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellationToken)
    {
        // After the revocation the commit would be refused.
        await _committer.CommitAsync().ConfigureAwait(false);
        Drop(partitions);
    }

    /// <inheritdoc/>
    public ValueTask OnPartitionsLostAsync(IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellationToken)
    {
        Drop(partitions);
        return default;
    }

    /// <summary>Commits what is done and leaves the group.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await _committer.CommitAsync().ConfigureAwait(false);
            await _core.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            _committer.Close();
            Assignment = [];
            await _failures.DisposeAsync().ConfigureAwait(false);
        }
    }

    private void Drop(IReadOnlyCollection<TopicPartition> partitions)
    {
        foreach (TopicPartition partition in partitions)
        {
            _committer.Revoke(partition);
            _partitions.Remove(partition);
            _starts.Remove(partition);
        }

        Assignment = [.. _partitions.Keys];
    }

    private long NowMs => (long)_time.GetElapsedTime(_startTimestamp).TotalMilliseconds;

    private async ValueTask<List<ListenerRecord>?> PollAsync(TimeSpan timeout, CancellationToken stop)
    {
        if (!_core.HasUnreturned)
        {
            _decoder.Reuse();
        }

        bool mayWait = _committer.BeginPoll();
        try
        {
            return await _core.PollAsync(mayWait ? timeout : TimeSpan.Zero, stop).ConfigureAwait(false);
        }
        catch (KafkaException e) when (e.IsRetriable)
        {
            // Only here, where no record is in hand: a failure while records are handed out must end the loop, else they were skipped.
            // A corrupt batch delays its partition only, which the core does.
            TimeSpan pause = e.Error == ErrorCode.CorruptMessage ? TimeSpan.Zero : s_pauseAfterFailedRead;
            ListenerLog.PollFailed(_logger, e, _settings.Id, pause);
            if (pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, _time, stop).ConfigureAwait(false);
            }

            return null;
        }
        finally
        {
            _committer.EndPoll();
        }
    }

    private async ValueTask HandleAsync(ListenerRecord record, PartitionState state, CancellationToken stop)
    {
        while (await DeliverAsync(record, state, stop).ConfigureAwait(false))
        {
            // Bounded: a repetition in place is of a poll's budget, and ends when the listener stops.
        }
    }

    /// <summary>Delivers a record once; true if it is to be repeated in place.</summary>
    private async ValueTask<bool> DeliverAsync(ListenerRecord record, PartitionState state, CancellationToken stop)
    {
        Delivery delivery = NextDelivery(record, state);
        state.Tracker.HandOut(delivery);
        _invocation.Begin(record, delivery, state.AttemptOf(record.Offset), stop);
        Exception? failure = await InvokeAsync(record, delivery, stop).ConfigureAwait(false);
        if (_settings.AckMode == AckMode.ManualImmediate && _committer.IsRequested)
        {
            await _committer.CommitAsync().ConfigureAwait(false);
        }

        if (failure is OperationCanceledException && stop.IsCancellationRequested)
        {
            // Neither a failure nor an attempt: it comes again after the restart, unless the handler had acknowledged it.
            state.Tracker.Drop(delivery);
        }
        else if (failure is not null)
        {
            FailureDecision decision = await _failures.HandleAsync(record, delivery, state, _invocation, failure).ConfigureAwait(false);
            bool isRepeated = Act(decision, record, delivery, state, stop);
            await SettleDeadLettersAsync(wait: _failures.MustSettle).ConfigureAwait(false);

            // Not if that went back to an earlier record of the partition.
            return isRepeated && state.SkippedPoll != _polls;
        }
        else if (delivery.NackDelay is { } delay)
        {
            ListenerLog.Nacked(_logger, _settings.Id, record.TopicPartition, record.Offset, delay);
            await _committer.CommitProgressAsync().ConfigureAwait(false);
            DeliverAgain(record, delivery, state, delay);
        }
        else
        {
            await SucceedAsync(delivery, state).ConfigureAwait(false);
        }

        return false;
    }

    /// <summary>Where no handler is given it, a delivery that has ended serves the partition's next record too.</summary>
    private Delivery NextDelivery(in ListenerRecord record, PartitionState state)
    {
        bool isShown = _settings.IsManual || _method.TakesAcknowledgment;

        // After one whose dead letter is in flight, the tracker holds every delivery.
        if (!isShown && !_failures.HasInFlight && state.LastDelivery is { State: not DeliveryState.Open } ended)
        {
            ended.Reuse(record.Offset, record.LeaderEpoch);
            return ended;
        }

        return state.LastDelivery = new Delivery(state.Tracker, _committer)
        {
            Offset = record.Offset,
            LeaderEpoch = record.LeaderEpoch,
            StartedMs = isShown ? NowMs : 0,
        };
    }

    private async ValueTask SucceedAsync(Delivery delivery, PartitionState state)
    {
        state.ClearFailures();
        if (!_settings.IsManual)
        {
            state.Tracker.Complete(delivery);
        }

        if (_settings.AckMode == AckMode.Record)
        {
            await _committer.CommitAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Runs the handler; what it throws comes back.</summary>
    private async ValueTask<Exception?> InvokeAsync(ListenerRecord record, Delivery delivery, CancellationToken stop)
    {
        Exception? failure = null;
        long? started = ListenerCounters.AreTimesWanted ? _time.GetTimestamp() : null;
        try
        {
            await using ConfiguredAsyncDisposable services = _services.ConfigureAwait(false);
            await _committer.RunAsync(_method.Invoker, _invocation).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            failure = e;
        }

        delivery.EndHandler();
        if (failure is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            TimeSpan? duration = started is { } began ? _time.GetElapsedTime(began) : null;
            _counters.AddDelivery(record.TopicPartition.Topic, duration, failure);
        }

        return failure;
    }

    /// <summary>Does what was decided about a failed delivery; true if the record is to be repeated in place.</summary>
    private bool Act(FailureDecision decision, in ListenerRecord record, Delivery delivery, PartitionState state, CancellationToken stop)
    {
        switch (decision.Action)
        {
            case FailureAction.DeliverAgain when decision.Delay == TimeSpan.Zero && MayRepeat(stop):
                return state.Tracker.Drop(delivery);
            case FailureAction.DeliverAgain:
                DeliverAgain(record, delivery, state, decision.Delay);
                break;
            case FailureAction.Stop:
                state.Tracker.Drop(delivery);
                HasGivenUp = true;
                break;
            case FailureAction.GoOn:
                break;
            default:
                throw new InvalidOperationException($"There is no failure action {decision.Action}.");
        }

        return false;
    }

    /// <summary>Whether a record may be repeated before the poll goes on: as many times as the poll has records at most.</summary>
    private bool MayRepeat(CancellationToken stop) => !stop.IsCancellationRequested && _repeated++ < _settings.Consumer.MaxPollRecords;

    /// <summary>Goes back to the record; its partition waits, the others go on.</summary>
    private void DeliverAgain(in ListenerRecord record, Delivery delivery, PartitionState state, TimeSpan delay)
    {
        // False when it was acknowledged from another thread meanwhile, or taken away: there is nothing to come again.
        if (state.Tracker.Drop(delivery))
        {
            GoBack(state, record.Offset, delay);
        }
    }

    private void GoBack(PartitionState state, long offset, TimeSpan delay)
    {
        _core.Seek(state.Partition, offset);
        state.SkippedPoll = _polls;
        if (delay > TimeSpan.Zero)
        {
            long resumeAtMs = NowMs + (long)Math.Ceiling(delay.TotalMilliseconds);
            state.ResumeAtMs = Math.Max(state.ResumeAtMs ?? 0, resumeAtMs);
            _core.Pause([state.Partition]);
        }
    }

    /// <summary>
    /// Settles dead letters in the order they were sent, also those that need no wait without one. The records of a partition after one
    /// whose dead letter was not written are delivered again with it.
    /// </summary>
    private async ValueTask SettleDeadLettersAsync(bool wait)
    {
        bool isSettled = false;
        while (_failures.TryPeek(out DeadLetterInFlight? letter) && (wait || letter.Sending.IsCompleted))
        {
            FailureDecision decision = await _failures.SettleOldestAsync().ConfigureAwait(false);
            if (decision.Action == FailureAction.DeliverAgain && letter.State.Tracker.Rewind(letter.Delivery))
            {
                GoBack(letter.State, letter.Record.Offset, decision.Delay);
            }

            isSettled = true;
        }

        if (isSettled)
        {
            await _committer.CommitProgressAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Lets partitions go on whose time has come, and shortens the wait to the next one that is due.</summary>
    private TimeSpan UntilDue(TimeSpan timeout)
    {
        long now = NowMs;
        foreach (PartitionState state in _partitions.Values)
        {
            if (state.ResumeAtMs is not { } dueMs)
            {
                continue;
            }

            if (dueMs > now)
            {
                timeout = TimeSpan.FromMilliseconds(Math.Min(timeout.TotalMilliseconds, dueMs - now));
                continue;
            }

            state.ResumeAtMs = null;
            if (!state.IsFull)
            {
                _core.Resume([state.Partition]);
            }
        }

        return timeout;
    }
}
