using Microsoft.Extensions.Logging;
using Zurau.Transport;

namespace Zurau.Consuming;

/// <summary>
/// The only owner of a transport's consumer: turns what the transport returns into polls of decoded records, keeps the positions, commits
/// automatically and answers rebalances. The consumer uses it, and the listener's loop. Not thread-safe, except for
/// <see cref="Wakeup"/>: the consumer's gate guards it, and a loop is its only user.
/// </summary>
internal sealed class ConsumerCore<TRecord> : IAsyncDisposable
{
    private readonly IConsumerTransport _transport;
    private readonly ConsumerOptions _options;
    private readonly TimeProvider _time;
    private readonly ConsumerPositions _positions = new();
    private readonly CorruptPartitions _corrupt;
    private readonly LeaseReader<TRecord> _reader;
    private readonly AutoCommit _autoCommit;
    private readonly BackgroundCommits _commits;
    private readonly HashSet<TopicPartition> _paused = [];

    // Partitions whose returned records were made void by a seek or a loss since the last poll.
    private readonly HashSet<TopicPartition> _voided = [];

    // A subscription that the next poll makes.
    private (Subscription Subscription, IRebalanceListener? Listener)? _wanted;
    private bool _isSubscribed;
    private IRebalanceListener? _listener;

    internal ConsumerCore(
        IConsumerTransport transport,
        ConsumerOptions options,
        TimeProvider time,
        IRecordDecoder<TRecord> decoder,
        ILogger logger)
    {
        _transport = transport;
        _options = options;
        _time = time;
        _corrupt = new CorruptPartitions(transport, time);
        _reader = new LeaseReader<TRecord>(transport, decoder, options.MaxPollRecords, _positions, _corrupt);
        _autoCommit = new AutoCommit(transport, options, time, _positions, logger);
        _commits = new BackgroundCommits(transport, logger);
    }

    internal IReadOnlyCollection<TopicPartition> Assignment => _transport.Assignment;

    internal ConsumerGroupMetadata? GroupMetadata => _transport.GroupMetadata;

    internal IReadOnlyCollection<TopicPartition> Paused => _paused;

    /// <summary>Whether records were read that no poll has returned yet.</summary>
    internal bool HasUnreturned => _reader.Count > 0;

    /// <summary>Replaces the subscription with the next poll.</summary>
    /// <exception cref="KafkaException"><c>group.id</c> is not set.</exception>
    internal void Subscribe(Subscription subscription, IRebalanceListener? listener)
    {
        if (_options.GroupId is null)
        {
            throw KafkaException.For(
                ErrorCode.InvalidGroupId,
                "A subscription needs a group: set group.id, or assign partitions with Assign and keep offsets yourself.");
        }

        _wanted = (subscription, listener);
    }

    /// <summary>Replaces the subscription now.</summary>
    /// <exception cref="KafkaException">The group refuses the member, or a topic's name is invalid.</exception>
    internal ValueTask SubscribeAsync(Subscription subscription, IRebalanceListener? listener, CancellationToken cancellationToken)
    {
        Subscribe(subscription, listener);
        return JoinAsync(cancellationToken);
    }

    /// <summary>Assigns partitions without group management.</summary>
    internal async ValueTask AssignAsync(IReadOnlyCollection<TopicPartitionOffset> partitions, CancellationToken cancellationToken)
    {
        _wanted = null;
        TopicPartition[] before = [.. Assignment];
        TopicPartition[] lost = _isSubscribed ? before : [.. before.Except(partitions.Select(static partition => partition.TopicPartition))];
        await GiveUpAsync(before, cancellationToken).ConfigureAwait(false);
        await _transport.AssignAsync(partitions, cancellationToken).ConfigureAwait(false);
        _isSubscribed = false;
        _listener = null;
        Lose(lost);
        foreach ((TopicPartition partition, long? offset) in partitions)
        {
            if (offset is { } begin)
            {
                Forget([partition]);
                _positions.Set(partition, begin);
            }
        }
    }

    /// <summary>Ends the subscription or assignment, even if the listener fails.</summary>
    internal async ValueTask UnsubscribeAsync(CancellationToken cancellationToken)
    {
        _wanted = null;
        TopicPartition[] lost = [.. Assignment];
        try
        {
            await GiveUpAsync(lost, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _isSubscribed = false;
            _listener = null;
            Lose(lost);
            await _transport.UnsubscribeAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Returns what is available, at most <c>max.poll.records</c>, and waits only for the first record; null without records. An error
    /// after good records is kept for the next poll, which meets it again.
    /// </summary>
    internal async ValueTask<List<TRecord>?> PollAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        _voided.Clear();
        long start = _time.GetTimestamp();
        if (_wanted is not null)
        {
            await JoinAsync(cancellationToken).ConfigureAwait(false);
        }

        _commits.Report();
        if (_autoCommit.IsDue)
        {
            await _commits.FinishAsync().ConfigureAwait(false);
            await _autoCommit.CommitAsync(cancellationToken).ConfigureAwait(false);
        }

        _corrupt.ResumeDue(_paused);
        while (true) // Ends with max.poll.records, without an event, or when the timeout has expired.
        {
            if (!_reader.Read() || _reader.IsFull)
            {
                return Return();
            }

            ConsumerEvent next;
            try
            {
                TimeSpan wait = _reader.Count > 0 ? TimeSpan.Zero : _corrupt.Shorten(Left(timeout, start));
                next = await _transport.PollAsync(wait, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (_reader.Count > 0 && exception is KafkaException or OperationCanceledException)
            {
                return Return();
            }

            switch (next.Kind)
            {
                case ConsumerEventKind.Records:
                    _reader.Begin(next.Records!);
                    _positions.AddMissing(_transport);
                    break;
                case ConsumerEventKind.None:
                    _positions.AddMissing(_transport);
                    if (_reader.Count > 0 || !_corrupt.ResumeDue(_paused))
                    {
                        return Return();
                    }

                    break; // The wait was shortened for a partition that is read again now.
                default:
                    await HandleAsync(next, cancellationToken).ConfigureAwait(false);
                    break;
            }
        }
    }

    /// <summary>Makes the current poll return, or the next one. Any thread.</summary>
    internal void Wakeup() => _transport.Wakeup();

    internal bool TryGetPosition(TopicPartition partition, out long position) => _positions.TryGet(partition, out position);

    /// <summary>Returns the position; determines it if it is not known yet.</summary>
    internal ValueTask<long> PositionAsync(TopicPartition partition, CancellationToken cancellationToken) =>
        _positions.TryGet(partition, out long position) ? new(position) : _transport.PositionAsync(partition, cancellationToken);

    internal void SetPosition(TopicPartition partition, long position) => _positions.Set(partition, position);

    internal bool IsVoided(TopicPartition partition) => _voided.Contains(partition);

    /// <summary>Continues at another offset.</summary>
    internal void Seek(TopicPartition partition, long offset)
    {
        _transport.Seek(partition, offset);
        Forget([partition]);
        _positions.Set(partition, offset);
    }

    internal async ValueTask SeekToBeginningAsync(IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellationToken)
    {
        await _transport.SeekToBeginningAsync(partitions, cancellationToken).ConfigureAwait(false);
        Forget(partitions);
    }

    internal async ValueTask SeekToEndAsync(IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellationToken)
    {
        await _transport.SeekToEndAsync(partitions, cancellationToken).ConfigureAwait(false);
        Forget(partitions);
    }

    internal void Pause(IReadOnlyCollection<TopicPartition> partitions)
    {
        _transport.Pause(partitions);
        foreach (TopicPartition partition in partitions)
        {
            _paused.Add(partition);

            // Read again after the resume, so that a paused partition holds nothing and blocks no other.
            _reader.GiveBack(partition);
        }
    }

    internal void Resume(IReadOnlyCollection<TopicPartition> partitions)
    {
        _transport.Resume(partitions);
        _paused.ExceptWith(partitions);
    }

    /// <summary>Commits the positions of all assigned partitions.</summary>
    internal ValueTask CommitAsync(CancellationToken cancellationToken) => CommitAsync(_positions.ToCommit(), cancellationToken);

    internal async ValueTask CommitAsync(IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets, CancellationToken cancellationToken)
    {
        _autoCommit.Forget();
        await _commits.FinishAsync().ConfigureAwait(false);
        await _transport.CommitAsync(offsets, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Begins a commit that a later poll, commit or close reports; null offsets are the positions.</summary>
    internal void CommitInBackground(
        IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>>? offsets,
        Action<IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>>, Exception?>? callback)
    {
        _autoCommit.Forget();
        _commits.Begin(offsets ?? _positions.ToCommit(), callback);
    }

    internal long? Lag(TopicPartition partition) => _positions.Lag(partition);

    /// <summary>Takes back a list that a poll returned and that is not used any more.</summary>
    internal void Recycle(List<TRecord> records) => _reader.Recycle(records);

    /// <summary>Makes the transport read these partitions again from their positions.</summary>
    internal void Reread(IEnumerable<TopicPartition> partitions)
    {
        foreach (TopicPartition partition in partitions)
        {
            if (!_voided.Contains(partition) && _positions.TryGet(partition, out long position))
            {
                _transport.Seek(partition, position);
                _reader.DropOf(partition);
            }
        }
    }

    /// <summary>Commits automatically, notifies the listener and leaves the group, even if the listener fails.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await GiveUpAsync([.. Assignment], CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            _reader.Drop();
            await _transport.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask JoinAsync(CancellationToken cancellationToken)
    {
        (Subscription subscription, IRebalanceListener? listener) = _wanted!.Value;
        TopicPartition[] assigned = _isSubscribed ? [] : [.. Assignment];
        if (assigned.Length > 0)
        {
            await CommitBeforeLossAsync(cancellationToken).ConfigureAwait(false);
        }

        await _transport.SubscribeAsync(subscription, cancellationToken).ConfigureAwait(false);
        Lose(assigned);
        _wanted = null;
        _listener = listener;
        _isSubscribed = true;
    }

    private async ValueTask HandleAsync(ConsumerEvent change, CancellationToken cancellationToken)
    {
        IReadOnlyList<TopicPartition> partitions = change.Partitions;
        switch (change.Kind)
        {
            case ConsumerEventKind.Assigned:
                _autoCommit.Restart();
                try
                {
                    await NotifyAsync(_listener?.OnPartitionsAssignedAsync(partitions, cancellationToken)).ConfigureAwait(false);
                }
                finally
                {
                    await _transport.CompleteRebalanceAsync(CancellationToken.None).ConfigureAwait(false);
                }

                break;
            case ConsumerEventKind.Revoking:
                try
                {
                    await GiveUpAsync(partitions, cancellationToken).ConfigureAwait(false);
                }
                finally
                {
                    Lose(partitions);
                    await _transport.CompleteRebalanceAsync(CancellationToken.None).ConfigureAwait(false);
                }

                break;
            case ConsumerEventKind.Lost:
                try
                {
                    await NotifyAsync(_listener?.OnPartitionsLostAsync(partitions, cancellationToken)).ConfigureAwait(false);
                }
                finally
                {
                    Lose(partitions);
                }

                break;
            case ConsumerEventKind.PositionReset:
                _positions.Reset(partitions[0], change.Offset);
                break;
            default:
                throw new InvalidOperationException($"The event {change.Kind} is not known.");
        }
    }

    // What was made void during the poll is not among its records.
    private List<TRecord>? Return()
    {
        _voided.Clear();
        return _reader.Take();
    }

    private static ValueTask NotifyAsync(ValueTask? notified) => notified ?? default;

    private async ValueTask GiveUpAsync(IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellationToken)
    {
        await CommitBeforeLossAsync(CancellationToken.None).ConfigureAwait(false);
        if (_isSubscribed && _listener is not null && partitions.Count > 0)
        {
            await _listener.OnPartitionsRevokedAsync(partitions, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask CommitBeforeLossAsync(CancellationToken cancellationToken)
    {
        await _commits.FinishAsync().ConfigureAwait(false);
        await _autoCommit.CommitAsync(cancellationToken).ConfigureAwait(false);
        _autoCommit.Forget();
    }

    // Drops what is known and read of partitions: they were sought or revoked.
    private void Forget(IEnumerable<TopicPartition> partitions)
    {
        foreach (TopicPartition partition in partitions)
        {
            _reader.Remove(partition);
            _positions.Forget(partition);
            _voided.Add(partition);
            if (_corrupt.Remove(partition) && !_paused.Contains(partition))
            {
                _transport.Resume([partition]);
            }
        }
    }

    // Forgets partitions that are not assigned any more, also that they were paused.
    private void Lose(IReadOnlyCollection<TopicPartition> partitions)
    {
        foreach (TopicPartition partition in partitions)
        {
            _corrupt.Remove(partition);
            _positions.Lose(partition);
        }

        Forget(partitions);
        _paused.ExceptWith(partitions);
    }

    private TimeSpan Left(TimeSpan timeout, long start)
    {
        if (timeout <= TimeSpan.Zero)
        {
            // Zero, or Timeout.InfiniteTimeSpan.
            return timeout;
        }

        TimeSpan left = timeout - _time.GetElapsedTime(start);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
