using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Zurau.Consuming;
using Zurau.Transport;

namespace Zurau;

/// <summary>
/// Reads records. Not thread-safe except for <see cref="Wakeup"/>: a concurrent call throws
/// <see cref="InvalidOperationException"/>.
/// <para>
/// A partition's position is the offset after the last returned record; commits write positions.
/// With <c>enable.auto.commit</c>, a poll commits the records of earlier polls, every
/// <c>auto.commit.interval.ms</c>: requesting the next record means that the last one is handled.
/// </para>
/// </summary>
public sealed partial class Consumer<TKey, TValue> : IAsyncDisposable
{
    private readonly IConsumerTransport _transport;
    private readonly ConsumerOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly RecordFetcher<ConsumerRecord<TKey, TValue>> _fetcher;
    private readonly ConsumerGate _gate = new();
    private long _lastAutoCommit;

    // What was committed automatically last; null when that is not what the group has any more.
    private List<KeyValuePair<TopicPartition, OffsetAndMetadata>>? _autoCommitted;
    private bool _isSubscribed;
    private bool _isDisposed;

    /// <summary>Creates a consumer.</summary>
    /// <param name="transport">The transport; not disposed with the consumer.</param>
    /// <param name="options">The settings; they must not change afterwards.</param>
    /// <param name="keyDeserializer">Default <see cref="Deserializers.For{T}"/>.</param>
    /// <param name="valueDeserializer">Default <see cref="Deserializers.For{T}"/>.</param>
    /// <param name="loggerFactory">Logs failed automatic commits.</param>
    /// <exception cref="ConfigurationException">A setting is out of range.</exception>
    public Consumer(
        IKafkaTransport transport,
        ConsumerOptions options,
        IDeserializer<TKey>? keyDeserializer = null,
        IDeserializer<TValue>? valueDeserializer = null,
        ILoggerFactory? loggerFactory = null)
    {
        ArgumentNullException.ThrowIfNull(transport);
        ArgumentNullException.ThrowIfNull(options);
        OptionsValidator.ThrowIfInvalid(options);
        _options = options;
        _timeProvider = transport.TimeProvider;
        _logger = (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger("Zurau.Consumer");
        _transport = transport.CreateConsumer(options);
        var decoder = new RecordDecoder<TKey, TValue>(
            keyDeserializer ?? Deserializers.For<TKey>(),
            valueDeserializer ?? Deserializers.For<TValue>());
        _fetcher = new RecordFetcher<ConsumerRecord<TKey, TValue>>(_transport, options, _timeProvider, decoder);
        _lastAutoCommit = _timeProvider.GetTimestamp();
    }

    /// <summary>Gets the assigned partitions; after a subscription, only after the next poll.</summary>
    public IReadOnlyCollection<TopicPartition> Assignment
    {
        get
        {
            using ConsumerGate.Entry entry = Enter();
            return [.. _transport.Assignment];
        }
    }

    /// <summary>
    /// Gets the consumer's group membership, for
    /// <see cref="Producer{TKey, TValue}.SendOffsetsToTransactionAsync"/>.
    /// </summary>
    /// <exception cref="KafkaException"><c>group.id</c> is not set.</exception>
    public ConsumerGroupMetadata GroupMetadata => _transport.GroupMetadata
        ?? throw KafkaException.For(ErrorCode.InvalidGroupId, "The consumer has no group: set group.id.");

    /// <summary>Gets the paused partitions.</summary>
    public IReadOnlyCollection<TopicPartition> Paused
    {
        get
        {
            using ConsumerGate.Entry entry = Enter();
            return [.. _fetcher.Paused];
        }
    }

    private bool IsAutoCommitting => _options.EnableAutoCommit && _options.GroupId is not null;

    /// <summary>
    /// Joins the group and subscribes to these topics, replacing the previous subscription. Positions
    /// start at the group's committed offsets. A topic that does not exist yet is read from its
    /// creation.
    /// </summary>
    /// <exception cref="KafkaException"><c>group.id</c> is not set, the group refuses the member, or a
    /// topic name is invalid.</exception>
    public void Subscribe(IEnumerable<string> topics, IRebalanceListener? listener = null)
    {
        ArgumentNullException.ThrowIfNull(topics);
        using ConsumerGate.Entry entry = Enter();
        if (!_isSubscribed)
        {
            CommitBeforeLoss();
            _fetcher.Lose([.. _transport.Assignment]);
        }

        _transport.Subscribe([.. topics], new Rebalance(this, listener));
        _isSubscribed = true;
    }

    /// <inheritdoc cref="Subscribe(IEnumerable{string}, IRebalanceListener?)"/>
    public void Subscribe(params string[] topics) => Subscribe(topics, null);

    /// <summary>Assigns these partitions without group management, replacing the previous subscription.</summary>
    public void Assign(params IEnumerable<TopicPartition> partitions)
    {
        ArgumentNullException.ThrowIfNull(partitions);
        using ConsumerGate.Entry entry = Enter();
        CommitBeforeLoss();
        TopicPartition[] chosen = [.. partitions];
        TopicPartition[] lost = [.. _transport.Assignment.Except(chosen)];
        _transport.Assign(chosen);
        _isSubscribed = false;
        _fetcher.Lose(lost);
    }

    /// <summary>Ends the subscription and leaves the group.</summary>
    public void Unsubscribe()
    {
        using ConsumerGate.Entry entry = Enter();
        CommitBeforeLoss();
        TopicPartition[] lost = [.. _transport.Assignment];
        _transport.Unsubscribe();
        _isSubscribed = false;
        _fetcher.Lose(lost);
    }

    /// <summary>
    /// Returns records, at most <c>max.poll.records</c>: immediately if there are any, else waits up to
    /// the timeout. Empty when the timeout expires or <see cref="Wakeup"/> is called.
    /// </summary>
    /// <exception cref="RecordDeserializationException">The first record cannot be deserialized; the
    /// position is not advanced.</exception>
    /// <exception cref="KafkaException">A batch is corrupt, there is no position, or the log cannot be read.</exception>
    public async ValueTask<IReadOnlyList<ConsumerRecord<TKey, TValue>>> PollAsync(
        TimeSpan timeout,
        CancellationToken cancellationToken = default)
    {
        using ConsumerGate.Entry entry = Enter();
        return await PollCoreAsync(timeout, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Returns records like <see cref="PollAsync"/>, but blocks.</summary>
    public IReadOnlyList<ConsumerRecord<TKey, TValue>> Poll(TimeSpan timeout)
    {
        ValueTask<IReadOnlyList<ConsumerRecord<TKey, TValue>>> poll = PollAsync(timeout);
        return poll.IsCompletedSuccessfully ? poll.Result : poll.AsTask().GetAwaiter().GetResult();
    }

    /// <summary>
    /// Reads records until cancelled. The position advances with each returned record, so a commit
    /// inside the loop covers the current record and no later one; prefetched records are read again
    /// after the loop ends.
    /// </summary>
    public async IAsyncEnumerable<ConsumerRecord<TKey, TValue>> ReadAllAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            IReadOnlyList<ConsumerRecord<TKey, TValue>> records;
            Dictionary<TopicPartition, long> positions;
            try
            {
                using ConsumerGate.Entry entry = Enter();
                records = await PollCoreAsync(TimeSpan.FromMilliseconds(_options.FetchMaxWaitMs), cancellationToken).ConfigureAwait(false);
                positions = _fetcher.TakeBack(records);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                yield break;
            }

            bool isComplete = false;
            try
            {
                foreach (ConsumerRecord<TKey, TValue> record in records)
                {
                    if (cancellationToken.IsCancellationRequested)
                    {
                        yield break;
                    }

                    if (!_fetcher.IsVoided(record.TopicPartition))
                    {
                        _fetcher.SetPosition(record.TopicPartition, record.Offset + 1);
                        yield return record;
                    }
                }

                isComplete = true;
            }
            finally
            {
                if (!isComplete && !_isDisposed)
                {
                    _fetcher.Reread(positions.Keys);
                }
            }

            foreach ((TopicPartition partition, long position) in positions)
            {
                if (!_fetcher.IsVoided(partition))
                {
                    _fetcher.SetPosition(partition, position);
                }
            }
        }
    }

    /// <summary>Returns the offset of the next record that a poll will return; looks it up if necessary.</summary>
    public long Position(TopicPartition partition)
    {
        using ConsumerGate.Entry entry = Enter();
        return _fetcher.TryGetPosition(partition, out long position) ? position : _transport.Position(partition);
    }

    /// <summary>Moves the position to another offset.</summary>
    public void Seek(TopicPartition partition, long offset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        using ConsumerGate.Entry entry = Enter();
        _fetcher.Seek(partition, offset);
    }

    /// <summary>Moves the position to the first readable record; without arguments, in all assigned partitions.</summary>
    public void SeekToBeginning(params IEnumerable<TopicPartition> partitions)
    {
        using ConsumerGate.Entry entry = Enter();
        IReadOnlyCollection<TopicPartition> chosen = OrAssignment(partitions);
        _transport.SeekToBeginning(chosen);
        _fetcher.Forget(chosen);
    }

    /// <summary>
    /// Moves the position to the end (according to <c>isolation.level</c>); without arguments, in all
    /// assigned partitions.
    /// </summary>
    public void SeekToEnd(params IEnumerable<TopicPartition> partitions)
    {
        using ConsumerGate.Entry entry = Enter();
        IReadOnlyCollection<TopicPartition> chosen = OrAssignment(partitions);
        _transport.SeekToEnd(chosen);
        _fetcher.Forget(chosen);
    }

    /// <summary>Pauses partitions until <see cref="Resume"/>; they stay assigned and keep their positions.</summary>
    public void Pause(params IEnumerable<TopicPartition> partitions)
    {
        using ConsumerGate.Entry entry = Enter();
        _fetcher.Pause([.. partitions]);
    }

    /// <summary>Resumes paused partitions.</summary>
    public void Resume(params IEnumerable<TopicPartition> partitions)
    {
        using ConsumerGate.Entry entry = Enter();
        _fetcher.Resume([.. partitions]);
    }

    /// <summary>Commits the positions of all assigned partitions and blocks until it is done.</summary>
    /// <exception cref="KafkaException"><c>group.id</c> is not set, the group refuses, or the log cannot be written.</exception>
    public void Commit() => CommitAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>Commits these offsets (of the next record to read) and blocks until it is done.</summary>
    /// <exception cref="KafkaException"><c>group.id</c> is not set, the group refuses, or the log cannot be written.</exception>
    public void Commit(IEnumerable<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets) =>
        CommitAsync(offsets).AsTask().GetAwaiter().GetResult();

    /// <summary>Commits the positions of all assigned partitions.</summary>
    /// <exception cref="KafkaException"><c>group.id</c> is not set, the group refuses, or the log cannot be written.</exception>
    public async ValueTask CommitAsync(CancellationToken cancellationToken = default)
    {
        using ConsumerGate.Entry entry = Enter();
        _autoCommitted = null;
        await _transport.CommitAsync(_fetcher.Consumed(), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Commits these offsets (of the next record to read).</summary>
    /// <exception cref="KafkaException"><c>group.id</c> is not set, the group refuses, or the log cannot be written.</exception>
    public async ValueTask CommitAsync(
        IEnumerable<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(offsets);
        using ConsumerGate.Entry entry = Enter();
        _autoCommitted = null;
        await _transport.CommitAsync([.. offsets], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Returns the group's committed offsets; null for partitions without one.</summary>
    public async ValueTask<IReadOnlyDictionary<TopicPartition, OffsetAndMetadata?>> CommittedAsync(
        IEnumerable<TopicPartition> partitions,
        CancellationToken cancellationToken = default)
    {
        using ConsumerGate.Entry entry = Enter();
        return await _transport.CommittedAsync([.. partitions], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Returns the first and the end offset (according to <c>isolation.level</c>) of any partitions.</summary>
    public async ValueTask<IReadOnlyDictionary<TopicPartition, OffsetRange>> OffsetsAsync(
        IEnumerable<TopicPartition> partitions,
        CancellationToken cancellationToken = default)
    {
        using ConsumerGate.Entry entry = Enter();
        return await _transport.OffsetsAsync([.. partitions], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes the current poll return, or the next one. Thread-safe.</summary>
    public void Wakeup() => _transport.Wakeup();

    /// <summary>Commits positions if <c>enable.auto.commit</c> is true, and leaves the group.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        using ConsumerGate.Entry entry = Enter();
        await AutoCommitAsync(CancellationToken.None).ConfigureAwait(false);
        _fetcher.DropCursor();
        await _transport.DisposeAsync().ConfigureAwait(false);
        _isDisposed = true;
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The automatic commit of group '{Group}' failed; the next one includes its offsets")]
    private static partial void LogAutoCommitFailure(ILogger logger, Exception exception, string? group);

    private ConsumerGate.Entry Enter()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _gate.Enter();
    }

    private IReadOnlyCollection<TopicPartition> OrAssignment(IEnumerable<TopicPartition> partitions)
    {
        TopicPartition[] chosen = [.. partitions];
        return chosen.Length > 0 ? chosen : [.. _transport.Assignment];
    }

    private async ValueTask<IReadOnlyList<ConsumerRecord<TKey, TValue>>> PollCoreAsync(
        TimeSpan timeout,
        CancellationToken cancellationToken)
    {
        if (_timeProvider.GetElapsedTime(_lastAutoCommit).TotalMilliseconds >= _options.AutoCommitIntervalMs)
        {
            await AutoCommitAsync(cancellationToken).ConfigureAwait(false);
        }

        IReadOnlyList<ConsumerRecord<TKey, TValue>>? records = await _fetcher.PollAsync(timeout, cancellationToken).ConfigureAwait(false);
        return records ?? [];
    }

    private void CommitBeforeLoss()
    {
        AutoCommitAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
        _autoCommitted = null;
    }

    private async ValueTask AutoCommitAsync(CancellationToken cancellationToken)
    {
        if (!_options.EnableAutoCommit || _options.GroupId is null)
        {
            return;
        }

        _lastAutoCommit = _timeProvider.GetTimestamp();
        List<KeyValuePair<TopicPartition, OffsetAndMetadata>> consumed = _fetcher.Consumed();
        if (consumed.Count == 0 || (_autoCommitted is not null && consumed.SequenceEqual(_autoCommitted)))
        {
            return;
        }

        try
        {
            await _transport.CommitAsync(consumed, cancellationToken).ConfigureAwait(false);
            _autoCommitted = consumed;
        }
        catch (KafkaException exception)
        {
            LogAutoCommitFailure(_logger, exception, _options.GroupId);
        }
    }

    /// <summary>Stands between the transport and the user's listener.</summary>
    private sealed class Rebalance(Consumer<TKey, TValue> consumer, IRebalanceListener? listener) : IRebalanceListener
    {
        public void OnPartitionsAssigned(IReadOnlyCollection<TopicPartition> partitions)
        {
            if (listener is not null)
            {
                consumer._gate.CallListener(listener.OnPartitionsAssigned, partitions);
            }
        }

        public void OnPartitionsRevoked(IReadOnlyCollection<TopicPartition> partitions)
        {
            consumer.CommitBeforeLoss();
            if (listener is not null)
            {
                consumer._gate.CallListener(listener.OnPartitionsRevoked, partitions);
            }

            consumer._fetcher.Lose(partitions);
        }
    }
}
