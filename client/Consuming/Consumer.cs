using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Zurau.Consuming;
using Zurau.Transport;

namespace Zurau;

/// <summary>
/// Reads records. Not thread-safe except for <see cref="Wakeup"/> and <see cref="DisposeAsync"/>: a concurrent call throws
/// <see cref="InvalidOperationException"/>.
/// <para>
/// A partition's position is the offset after the last returned record; commits write positions.
/// With <c>enable.auto.commit</c>, a poll commits the records of earlier polls, every
/// <c>auto.commit.interval.ms</c>: requesting the next record means that the last one is handled.
/// </para>
/// </summary>
public sealed class Consumer<TKey, TValue> : IAsyncDisposable
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

    /// <summary>Gets the assigned partitions; after a subscription, only after the next poll.</summary>
    public IReadOnlyCollection<TopicPartition> Assignment
    {
        get
        {
            using ConsumerGate.Entry entry = _gate.Enter();
            return [.. _core.Assignment];
        }
    }

    /// <summary>
    /// Gets the consumer's group membership, for
    /// <see cref="Producer{TKey, TValue}.SendOffsetsToTransactionAsync"/>.
    /// </summary>
    /// <exception cref="KafkaException"><c>group.id</c> is not set.</exception>
    public ConsumerGroupMetadata GroupMetadata => _core.GroupMetadata
        ?? throw KafkaException.For(ErrorCode.InvalidGroupId, "The consumer has no group: set group.id.");

    /// <summary>Gets the paused partitions.</summary>
    public IReadOnlyCollection<TopicPartition> Paused
    {
        get
        {
            using ConsumerGate.Entry entry = _gate.Enter();
            return [.. _core.Paused];
        }
    }

    /// <summary>
    /// Subscribes to these topics, replacing the previous subscription; the next poll joins the group. Positions
    /// start at the group's committed offsets. A topic that does not exist yet is read from its creation.
    /// </summary>
    /// <exception cref="KafkaException"><c>group.id</c> is not set. That the group refuses the member, or that a topic's name is
    /// invalid, is thrown by the poll.</exception>
    public void Subscribe(IEnumerable<string> topics, IRebalanceListener? listener = null) => Subscribe(Subscription.To(topics), listener);

    /// <inheritdoc cref="Subscribe(IEnumerable{string}, IRebalanceListener?)"/>
    public void Subscribe(params string[] topics) => Subscribe(topics, null);

    /// <summary>
    /// Subscribes to all topics whose name matches a pattern, also those that are created later, replacing the previous subscription;
    /// the next poll joins the group. Internal topics never match.
    /// </summary>
    /// <exception cref="KafkaException"><c>group.id</c> is not set.</exception>
    public void Subscribe(Regex pattern, IRebalanceListener? listener = null) => Subscribe(Subscription.Matching(pattern), listener);

    /// <summary>Assigns these partitions without group management, replacing the previous subscription.</summary>
    public ValueTask AssignAsync(IEnumerable<TopicPartition> partitions, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(partitions);
        return AssignAsync(partitions.Select(static partition => new TopicPartitionOffset(partition)), cancellationToken);
    }

    /// <summary>
    /// Assigns these partitions without group management, replacing the previous subscription, and reads them from the given offsets.
    /// </summary>
    public async ValueTask AssignAsync(IEnumerable<TopicPartitionOffset> partitions, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(partitions);
        using ConsumerGate.Entry entry = _gate.Enter();
        await _core.AssignAsync([.. partitions], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Assigns these partitions like <see cref="AssignAsync(IEnumerable{TopicPartition}, CancellationToken)"/>, but blocks.</summary>
    public void Assign(params IEnumerable<TopicPartition> partitions) => Wait(AssignAsync(partitions));

    /// <summary>Assigns these partitions like <see cref="AssignAsync(IEnumerable{TopicPartitionOffset}, CancellationToken)"/>, but blocks.</summary>
    public void Assign(params IEnumerable<TopicPartitionOffset> partitions) => Wait(AssignAsync(partitions));

    /// <summary>Ends the subscription or assignment and leaves the group.</summary>
    public async ValueTask UnsubscribeAsync(CancellationToken cancellationToken = default)
    {
        using ConsumerGate.Entry entry = _gate.Enter();
        await _core.UnsubscribeAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Ends the subscription like <see cref="UnsubscribeAsync"/>, but blocks.</summary>
    public void Unsubscribe() => Wait(UnsubscribeAsync());

    /// <summary>
    /// Returns records, at most <c>max.poll.records</c>: immediately if there are any, else waits up to
    /// the timeout. Empty when the timeout expires or <see cref="Wakeup"/> is called.
    /// </summary>
    /// <exception cref="RecordDeserializationException">The first record cannot be deserialized; the
    /// position is not advanced.</exception>
    /// <exception cref="KafkaException">A batch is corrupt, there is no position, the group refuses the member, or the log cannot be
    /// read.</exception>
    public async ValueTask<IReadOnlyList<ConsumerRecord<TKey, TValue>>> PollAsync(
        TimeSpan timeout,
        CancellationToken cancellationToken = default)
    {
        using ConsumerGate.Entry entry = _gate.Enter();
        IReadOnlyList<ConsumerRecord<TKey, TValue>>? records = await _core.PollAsync(timeout, cancellationToken).ConfigureAwait(false);
        return records ?? [];
    }

    /// <summary>Returns records like <see cref="PollAsync"/>, but blocks.</summary>
    public IReadOnlyList<ConsumerRecord<TKey, TValue>> Poll(TimeSpan timeout) => Wait(PollAsync(timeout));

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

    /// <summary>Returns the offset of the next record that a poll will return; determines it if it is not known yet.</summary>
    /// <exception cref="KafkaException">It cannot be determined now: the partition is offline or does not exist, or an open transaction
    /// may change the committed offset.</exception>
    public async ValueTask<long> PositionAsync(TopicPartition partition, CancellationToken cancellationToken = default)
    {
        using ConsumerGate.Entry entry = _gate.Enter();
        return await _core.PositionAsync(partition, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Returns the position like <see cref="PositionAsync"/>, but blocks.</summary>
    public long Position(TopicPartition partition) => Wait(PositionAsync(partition));

    /// <summary>Moves the position to another offset.</summary>
    public void Seek(TopicPartition partition, long offset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        using ConsumerGate.Entry entry = _gate.Enter();
        _core.Seek(partition, offset);
    }

    /// <summary>Moves the position to the first readable record, and blocks; without arguments, in all assigned partitions.</summary>
    public void SeekToBeginning(params IEnumerable<TopicPartition> partitions)
    {
        using ConsumerGate.Entry entry = _gate.Enter();
        Wait(_core.SeekToBeginningAsync(OrAssignment(partitions), CancellationToken.None));
    }

    /// <summary>
    /// Moves the position to the end (according to <c>isolation.level</c>), and blocks; without arguments, in all
    /// assigned partitions.
    /// </summary>
    public void SeekToEnd(params IEnumerable<TopicPartition> partitions)
    {
        using ConsumerGate.Entry entry = _gate.Enter();
        Wait(_core.SeekToEndAsync(OrAssignment(partitions), CancellationToken.None));
    }

    /// <summary>Pauses partitions until <see cref="Resume"/>; they stay assigned and keep their positions.</summary>
    public void Pause(params IEnumerable<TopicPartition> partitions)
    {
        using ConsumerGate.Entry entry = _gate.Enter();
        _core.Pause([.. partitions]);
    }

    /// <summary>Resumes paused partitions.</summary>
    public void Resume(params IEnumerable<TopicPartition> partitions)
    {
        using ConsumerGate.Entry entry = _gate.Enter();
        _core.Resume([.. partitions]);
    }

    /// <summary>Commits the positions of all assigned partitions and blocks until it is done.</summary>
    /// <exception cref="KafkaException"><c>group.id</c> is not set, the group refuses, or the log cannot be written.</exception>
    public void Commit() => Wait(CommitAsync());

    /// <summary>Commits these offsets (of the next record to read) and blocks until it is done.</summary>
    /// <exception cref="KafkaException"><c>group.id</c> is not set, the group refuses, or the log cannot be written.</exception>
    public void Commit(IEnumerable<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets) => Wait(CommitAsync(offsets));

    /// <summary>Commits the positions of all assigned partitions.</summary>
    /// <exception cref="KafkaException"><c>group.id</c> is not set, the group refuses, or the log cannot be written.</exception>
    public async ValueTask CommitAsync(CancellationToken cancellationToken = default)
    {
        using ConsumerGate.Entry entry = _gate.Enter();
        await _core.CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Commits these offsets (of the next record to read).</summary>
    /// <exception cref="KafkaException"><c>group.id</c> is not set, the group refuses, or the log cannot be written.</exception>
    public async ValueTask CommitAsync(
        IEnumerable<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(offsets);
        using ConsumerGate.Entry entry = _gate.Enter();
        await _core.CommitAsync([.. offsets], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Returns the group's committed offsets; null for partitions without one.</summary>
    public async ValueTask<IReadOnlyDictionary<TopicPartition, OffsetAndMetadata?>> CommittedAsync(
        IEnumerable<TopicPartition> partitions,
        CancellationToken cancellationToken = default)
    {
        using ConsumerGate.Entry entry = _gate.Enter();
        return await _transport.CommittedAsync([.. partitions], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Returns the first and the end offset (according to <c>isolation.level</c>) of any partitions.</summary>
    public async ValueTask<IReadOnlyDictionary<TopicPartition, WatermarkOffsets>> QueryWatermarkOffsetsAsync(
        IEnumerable<TopicPartition> partitions,
        CancellationToken cancellationToken = default)
    {
        using ConsumerGate.Entry entry = _gate.Enter();
        return await _transport.WatermarksAsync([.. partitions], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Returns for any partitions the offset of the first record whose timestamp is at or after the given one; null if there is none.
    /// </summary>
    public async ValueTask<IReadOnlyDictionary<TopicPartition, long?>> OffsetsForTimesAsync(
        IReadOnlyDictionary<TopicPartition, DateTimeOffset> timestamps,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(timestamps);
        using ConsumerGate.Entry entry = _gate.Enter();
        return await _transport.OffsetsForTimesAsync(timestamps, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes the current poll return, or the next one. Thread-safe.</summary>
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
