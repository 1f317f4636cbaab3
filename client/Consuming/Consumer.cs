using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Zurau.Consuming;
using Zurau.Transport;

namespace Zurau;

/// <summary>Reads records; see <see cref="IConsumer{TKey, TValue}"/>.</summary>
public sealed class Consumer<TKey, TValue> : IConsumer<TKey, TValue>
{
    private readonly ConsumerOptions _options;
    private readonly IConsumerTransport _transport;
    private readonly ConsumerCore<ConsumerRecord<TKey, TValue>> _core;
    private readonly ConsumerGate _gate = new();

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
        _transport = transport.CreateConsumer(options);
        _core = new ConsumerCore<ConsumerRecord<TKey, TValue>>(
            _transport,
            options,
            transport.TimeProvider,
            new RecordDecoder<TKey, TValue>(keyDeserializer ?? Deserializers.For<TKey>(), valueDeserializer ?? Deserializers.For<TValue>()),
            (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger("Zurau.Consumer"));
    }

    /// <inheritdoc/>
    public IReadOnlyCollection<TopicPartition> Assignment
    {
        get
        {
            using ConsumerGate.Entry entry = _gate.Enter();
            return [.. _core.Assignment];
        }
    }

    /// <inheritdoc/>
    public ConsumerGroupMetadata GroupMetadata => _core.GroupMetadata
        ?? throw KafkaException.For(ErrorCode.InvalidGroupId, "The consumer has no group: set group.id.");

    /// <inheritdoc/>
    public IReadOnlyCollection<TopicPartition> Paused
    {
        get
        {
            using ConsumerGate.Entry entry = _gate.Enter();
            return [.. _core.Paused];
        }
    }

    /// <inheritdoc/>
    public void Subscribe(IEnumerable<string> topics, IRebalanceListener? listener = null) => Subscribe(Subscription.To(topics), listener);

    /// <inheritdoc/>
    public void Subscribe(params string[] topics) => Subscribe(topics, null);

    /// <inheritdoc/>
    public void Subscribe(Regex pattern, IRebalanceListener? listener = null) => Subscribe(Subscription.Matching(pattern), listener);

    /// <inheritdoc/>
    public ValueTask AssignAsync(IEnumerable<TopicPartition> partitions, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(partitions);
        return AssignAsync(partitions.Select(static partition => new TopicPartitionOffset(partition)), cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask AssignAsync(IEnumerable<TopicPartitionOffset> partitions, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(partitions);
        using ConsumerGate.Entry entry = _gate.Enter();
        await _core.AssignAsync([.. partitions], cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Assign(params IEnumerable<TopicPartition> partitions) => Wait(AssignAsync(partitions));

    /// <inheritdoc/>
    public void Assign(params IEnumerable<TopicPartitionOffset> partitions) => Wait(AssignAsync(partitions));

    /// <inheritdoc/>
    public async ValueTask UnsubscribeAsync(CancellationToken cancellationToken = default)
    {
        using ConsumerGate.Entry entry = _gate.Enter();
        await _core.UnsubscribeAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Unsubscribe() => Wait(UnsubscribeAsync());

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<ConsumerRecord<TKey, TValue>>> PollAsync(
        TimeSpan timeout,
        CancellationToken cancellationToken = default)
    {
        using ConsumerGate.Entry entry = _gate.Enter();
        IReadOnlyList<ConsumerRecord<TKey, TValue>>? records = await _core.PollAsync(timeout, cancellationToken).ConfigureAwait(false);
        return records ?? [];
    }

    /// <inheritdoc/>
    public IReadOnlyList<ConsumerRecord<TKey, TValue>> Poll(TimeSpan timeout) => Wait(PollAsync(timeout));

    /// <inheritdoc/>
    public async IAsyncEnumerable<ConsumerRecord<TKey, TValue>> ReadAllAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            IReadOnlyList<ConsumerRecord<TKey, TValue>>? records;
            Dictionary<TopicPartition, long> positions;
            try
            {
                using ConsumerGate.Entry entry = _gate.Enter();
                var wait = TimeSpan.FromMilliseconds(_options.FetchMaxWaitMs);
                records = await _core.PollAsync(wait, cancellationToken).ConfigureAwait(false);
                records ??= [];
                positions = TakeBack(records);
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

                    if (!_core.IsVoided(record.TopicPartition))
                    {
                        _core.SetPosition(record.TopicPartition, record.Offset + 1);
                        yield return record;
                    }
                }

                isComplete = true;
            }
            finally
            {
                if (!isComplete && !_gate.IsClosed)
                {
                    _core.Reread(positions.Keys);
                }
            }

            foreach ((TopicPartition partition, long position) in positions)
            {
                if (!_core.IsVoided(partition))
                {
                    _core.SetPosition(partition, position);
                }
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask<long> PositionAsync(TopicPartition partition, CancellationToken cancellationToken = default)
    {
        using ConsumerGate.Entry entry = _gate.Enter();
        return await _core.PositionAsync(partition, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public long Position(TopicPartition partition) => Wait(PositionAsync(partition));

    /// <inheritdoc/>
    public void Seek(TopicPartition partition, long offset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        using ConsumerGate.Entry entry = _gate.Enter();
        _core.Seek(partition, offset);
    }

    /// <inheritdoc/>
    public void SeekToBeginning(params IEnumerable<TopicPartition> partitions)
    {
        using ConsumerGate.Entry entry = _gate.Enter();
        Wait(_core.SeekToBeginningAsync(OrAssignment(partitions), CancellationToken.None));
    }

    /// <inheritdoc/>
    public void SeekToEnd(params IEnumerable<TopicPartition> partitions)
    {
        using ConsumerGate.Entry entry = _gate.Enter();
        Wait(_core.SeekToEndAsync(OrAssignment(partitions), CancellationToken.None));
    }

    /// <inheritdoc/>
    public void Pause(params IEnumerable<TopicPartition> partitions)
    {
        using ConsumerGate.Entry entry = _gate.Enter();
        _core.Pause([.. partitions]);
    }

    /// <inheritdoc/>
    public void Resume(params IEnumerable<TopicPartition> partitions)
    {
        using ConsumerGate.Entry entry = _gate.Enter();
        _core.Resume([.. partitions]);
    }

    /// <inheritdoc/>
    public void Commit() => Wait(CommitAsync());

    /// <inheritdoc/>
    public void Commit(IEnumerable<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets) => Wait(CommitAsync(offsets));

    /// <inheritdoc/>
    public async ValueTask CommitAsync(CancellationToken cancellationToken = default)
    {
        using ConsumerGate.Entry entry = _gate.Enter();
        await _core.CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask CommitAsync(
        IEnumerable<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(offsets);
        using ConsumerGate.Entry entry = _gate.Enter();
        await _core.CommitAsync([.. offsets], cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask CommitAsync(ConsumerRecord<TKey, TValue> record, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(record);
        var position = new OffsetAndMetadata(record.Offset + 1, LeaderEpoch: record.LeaderEpoch);
        return CommitAsync([KeyValuePair.Create(record.TopicPartition, position)], cancellationToken);
    }

    /// <inheritdoc/>
    public void CommitInBackground(
        IEnumerable<KeyValuePair<TopicPartition, OffsetAndMetadata>>? offsets = null,
        Action<IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>>, Exception?>? callback = null)
    {
        using ConsumerGate.Entry entry = _gate.Enter();
        _core.CommitInBackground(
            offsets is null ? null : [.. offsets],
            callback is null ? null : (committed, failure) => _gate.Call(() => callback(committed, failure)));
    }

    /// <inheritdoc/>
    public long? Lag(TopicPartition partition)
    {
        using ConsumerGate.Entry entry = _gate.Enter();
        return _core.Lag(partition);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyDictionary<TopicPartition, OffsetAndMetadata?>> CommittedAsync(
        IEnumerable<TopicPartition> partitions,
        CancellationToken cancellationToken = default)
    {
        using ConsumerGate.Entry entry = _gate.Enter();
        return await _transport.CommittedAsync([.. partitions], cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyDictionary<TopicPartition, WatermarkOffsets>> QueryWatermarkOffsetsAsync(
        IEnumerable<TopicPartition> partitions,
        CancellationToken cancellationToken = default)
    {
        using ConsumerGate.Entry entry = _gate.Enter();
        return await _transport.WatermarksAsync([.. partitions], cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyDictionary<TopicPartition, long?>> OffsetsForTimesAsync(
        IReadOnlyDictionary<TopicPartition, DateTimeOffset> timestamps,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(timestamps);
        using ConsumerGate.Entry entry = _gate.Enter();
        return await _transport.OffsetsForTimesAsync(timestamps, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Wakeup() => _core.Wakeup();

    /// <summary>
    /// Commits positions if <c>enable.auto.commit</c> is true, and leaves the group, also if the rebalance listener fails. A poll that is
    /// under way returns first. Thread-safe.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (await _gate.TryCloseAsync(_core.Wakeup).ConfigureAwait(false))
        {
            await _core.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Closes the consumer like <see cref="DisposeAsync"/>, but blocks.</summary>
    public void Dispose() => Wait(DisposeAsync());

    private static T Wait<T>(ValueTask<T> task) => task.IsCompletedSuccessfully ? task.Result : task.AsTask().GetAwaiter().GetResult();

    private static void Wait(ValueTask task)
    {
        if (task.IsCompletedSuccessfully)
        {
            task.GetAwaiter().GetResult();
        }
        else
        {
            task.AsTask().GetAwaiter().GetResult();
        }
    }

    private void Subscribe(Subscription subscription, IRebalanceListener? listener)
    {
        using ConsumerGate.Entry entry = _gate.Enter();
        _core.Subscribe(subscription, listener is null ? null : new GatedListener(_gate, listener));
    }

    private IReadOnlyCollection<TopicPartition> OrAssignment(IEnumerable<TopicPartition> partitions)
    {
        TopicPartition[] chosen = [.. partitions];
        return chosen.Length > 0 ? chosen : [.. _core.Assignment];
    }

    // Moves the positions back to the first of these records of each partition, as if none had been returned, and returns where they
    // were. The records are returned one by one afterwards.
    private Dictionary<TopicPartition, long> TakeBack(IReadOnlyList<ConsumerRecord<TKey, TValue>> records)
    {
        var positions = new Dictionary<TopicPartition, long>();
        foreach (ConsumerRecord<TKey, TValue> record in records)
        {
            TopicPartition partition = record.TopicPartition;
            if (_core.TryGetPosition(partition, out long position) && positions.TryAdd(partition, position))
            {
                _core.SetPosition(partition, record.Offset);
            }
        }

        return positions;
    }
}
