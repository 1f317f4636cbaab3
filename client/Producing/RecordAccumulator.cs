using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.ObjectPool;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Transport;

namespace Zurau.Producing;

/// <summary>
/// Collects records into batches and gets the batches into the log: what producers of all types share. Thread-safe. Its only
/// background work is the duty that seals batches whose <c>linger.ms</c> is over; everything else happens on the threads that send
/// and on those that complete appends.
/// </summary>
internal sealed class RecordAccumulator : IDuty
{
    // Pooled beside those in use: 2 MiB with the default batch.size.
    private const int RetainedBatches = 128;
    private const int FirstBackOffMs = 100;
    private const int LastBackOffMs = 1000;

    private readonly IKafkaTransport _transport;
    private readonly ProducerOptions _options;
    private readonly BufferMemory _memory;
    private readonly ObjectPool<ProducerBatch> _pool;
    private readonly BatchDelivery _delivery;
    private readonly RecordLimits _limits;
    private readonly ConcurrentDictionary<string, TopicQueues> _topics = new();
    private readonly Lock _topicsLock = new();
    private readonly int _randomSeed;
    private readonly IDutyHandle? _handle;
    private volatile TopicQueues[] _allTopics = [];
    private volatile TopicQueues? _lastTopic;
    private volatile bool _isClosed;

    // Lowered by senders (Schedule), raised and lowered again by the duty (DoWork).
    private long _nextWorkMs = long.MaxValue;

    internal RecordAccumulator(IKafkaTransport transport, ProducerOptions options, int randomSeed, ILogger logger)
    {
        _transport = transport;
        _options = options;
        Session = new ProducerSession(transport.Producer, options);
        Transactions = options.TransactionalId is null ? null : new TransactionManager(transport, options, Session);
        MaxInFlight = Session.IsIdempotent && !transport.Producer.DecidesAtOnce ? options.MaxInFlightRequestsPerConnection : int.MaxValue;
        _randomSeed = randomSeed;
        _memory = new BufferMemory(options.BufferMemory);
        _pool = new DefaultObjectPool<ProducerBatch>(new BatchPolicy(options.BatchSize), RetainedBatches);
        _delivery = new BatchDelivery(logger);
        _limits = new RecordLimits(options);
        DeliveryTimeoutMessage = $"no answer within delivery.timeout.ms={options.DeliveryTimeoutMs}.";
        _handle = transport.DutyPump.Start(this);
    }

    /// <inheritdoc/>
    public string Name => "zurau-producer-linger";

    /// <inheritdoc/>
    public long NextWorkMs => Volatile.Read(ref _nextWorkMs);

    internal string DeliveryTimeoutMessage { get; }

    /// <summary>What the log knows the producer by.</summary>
    internal ProducerSession Session { get; }

    /// <summary>The producer's transactions; null without <c>transactional.id</c>.</summary>
    internal TransactionManager? Transactions { get; }

    /// <summary>How many batches of a partition may be without an answer.</summary>
    internal int MaxInFlight { get; }

    internal int BatchSize => _options.BatchSize;

    internal long NowMs => _transport.DutyPump.NowMs;

    internal TimeProvider TimeProvider => _transport.TimeProvider;

    /// <summary>Bytes of batches that are not acknowledged.</summary>
    internal long UsedBytes => _memory.UsedBytes;

    internal static ObjectDisposedException Closed() => new("Producer", "The producer is closed.");

    internal static int BackOffMs(int failedAttempts) => Math.Min(LastBackOffMs, FirstBackOffMs << Math.Min(failedAttempts - 1, 8));

    /// <summary>Puts a record into a batch, blocking while <c>buffer.memory</c> is used up.</summary>
    internal void Append<TValue>(in OutgoingRecord<TValue> record, object? completion)
    {
        ProducerBatch? spare = null;
        while (!TryAppend(record, completion, _options.LingerMs == 0, spare))
        {
            spare = WaitForBatchAsync(record.SizeUpperBound, CancellationToken.None).GetAwaiter().GetResult();
        }
    }

    /// <summary>
    /// Puts a record into a batch; false, with nothing done, where <c>buffer.memory</c> has no room for a batch that it needs. The spare
    /// batch is used or given back, whatever happens.
    /// </summary>
    internal bool TryAppend<TValue>(in OutgoingRecord<TValue> record, object? completion, bool isAwaited, ProducerBatch? spare = null)
    {
        try
        {
            _limits.CheckSize(record.SizeUpperBound);
            TopicQueues topic = GetTopic(record.Topic);
            while (true)
            {
                StickyPartition? sticky = null;
                int partition = record.Partition is { } given ? RecordLimits.CheckPartition(topic, given)
                    : record.KeySize >= 0 ? Murmur2.Partition(record.Key, topic.Partitions.Length)
                    : (sticky = topic.Sticky).Partition;
                switch (topic.Partitions[partition].TryAppend(record, completion, isAwaited, sticky, ref spare))
                {
                    case AppendOutcome.Appended:
                        return true;
                    case AppendOutcome.NeedsMemory:
                        return false;
                    case AppendOutcome.PartitionChanged:
                    default:
                        break;
                }
            }
        }
        finally
        {
            if (spare is not null)
            {
                Discard(spare);
            }
        }
    }

    /// <summary>Waits in line for a batch's memory, for up to <c>max.block.ms</c>. Everything that lingers is sent meanwhile.</summary>
    /// <exception cref="KafkaException">The time is over.</exception>
    internal async Task<ProducerBatch> WaitForBatchAsync(int sizeUpperBound, CancellationToken cancellationToken)
    {
        int capacity = CapacityFor(sizeUpperBound);
        BufferMemory.Waiter waiter = _memory.Enter(capacity);

        // From here on nobody opens a new batch, so what is sealed now is all there is, and its memory comes back.
        foreach (TopicQueues topic in _allTopics)
        {
            foreach (PartitionQueue queue in topic.Partitions)
            {
                queue.Seal();
            }
        }

        try
        {
            await waiter.Reserved.Task
                .WaitAsync(TimeSpan.FromMilliseconds(_options.MaxBlockMs), _transport.TimeProvider, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException && _memory.TryLeave(waiter))
        {
            throw exception is OperationCanceledException ? exception : new KafkaException(
                ErrorCode.RequestTimedOut,
                $"buffer.memory={_options.BufferMemory} is used up: {capacity} bytes were asked for and did not come free within "
                + $"max.block.ms={_options.MaxBlockMs}. The log is slower than the sends; raise buffer.memory or max.block.ms, or send less at once.",
                exception);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            // The bytes came in the very moment of giving up, or the producer was closed.
            await waiter.Reserved.Task.ConfigureAwait(false);
        }

        return CreateBatch(capacity);
    }

    internal bool TryCreateBatch(int sizeUpperBound, [NotNullWhen(true)] out ProducerBatch? batch)
    {
        int capacity = CapacityFor(sizeUpperBound);
        batch = _memory.TryReserve(capacity) ? CreateBatch(capacity) : null;
        return batch is not null;
    }

    internal void SetDeadlines(ProducerBatch batch)
    {
        long nowMs = NowMs;
        batch.LingerDeadlineMs = nowMs + _options.LingerMs;
        batch.DeliveryDeadlineMs = nowMs + _options.DeliveryTimeoutMs;
    }

    /// <summary>Gives back a batch that was not used.</summary>
    internal void Discard(ProducerBatch batch)
    {
        Recycle(batch);
        _memory.Release(batch.Capacity);
    }

    /// <summary>Makes sure that a batch of a partition may be appended; the answer says why not.</summary>
    internal ValueTask<ProduceResult> PrepareAsync(TopicPartition partition) => Transactions?.PrepareAsync(partition) ?? Session.PrepareAsync();

    internal ValueTask<ProduceResult> Append(TopicPartition partition, ProducerBatch batch)
    {
        if (batch.Result.Error == ErrorCode.UnknownTopicOrPartition)
        {
            // A retry: the topic may have been deleted, and may be created again by this very question.
            int count = _transport.Producer.PartitionCount(partition.Topic);
            if (partition.Partition >= count)
            {
                throw RecordLimits.NoSuchPartition(partition, count);
            }
        }

        return _transport.Producer.ProduceAsync(partition, batch.Builder.Build(Transactions is null ? BatchAttributes.None : BatchAttributes.Transactional), _options.Acks);
    }

    /// <summary>Tells everybody who waits for a record of the batch.</summary>
    internal void Deliver(TopicPartition partition, ProducerBatch batch, bool isReusable)
    {
        // First the memory: a callback may send, and must find what its own batch took.
        _memory.Release(batch.Capacity);
        if (batch.Result.Error != ErrorCode.None)
        {
            Transactions?.OnBatchFailed(batch.Result.Error, batch.Result.Message ?? $"the log answered {batch.Result.Error}.", batch.Cause);
        }

        _delivery.Deliver(partition, batch);
        if (isReusable)
        {
            Recycle(batch);
        }
    }

    /// <summary>Makes sure that the duty works at that time; what is due has been written before.</summary>
    internal void Schedule(long dueMs)
    {
        if (dueMs == long.MaxValue)
        {
            return;
        }

        // Partner of the exchange in DoWork: either the duty sees what is due there, or this sees that the duty has reset the time.
        Interlocked.MemoryBarrier();
        if (LowerNextWork(dueMs))
        {
            _handle?.Wake();
        }
    }

    /// <inheritdoc/>
    public int DoWork(long nowMs)
    {
        // A full fence between the reset and the look at the queues: partner of the barrier in Schedule.
        Interlocked.Exchange(ref _nextWorkMs, long.MaxValue);
        int work = 0;
        long next = long.MaxValue;
        foreach (TopicQueues topic in _allTopics)
        {
            foreach (PartitionQueue queue in topic.Partitions)
            {
                if (queue.DueMs <= nowMs)
                {
                    queue.OnDue(nowMs);
                    work++;
                }

                next = Math.Min(next, queue.DueMs);
            }
        }

        LowerNextWork(next);
        return work;
    }

    internal int PartitionCount(string topic) => GetTopic(topic).Partitions.Length;

    /// <summary>Seals every open batch; the task completes when all that was sent before has been delivered or has failed.</summary>
    internal Task FlushAsync()
    {
        var flushes = new List<Task>();
        foreach (TopicQueues topic in _allTopics)
        {
            foreach (PartitionQueue queue in topic.Partitions)
            {
                Task flush = queue.FlushAsync();
                if (!flush.IsCompleted)
                {
                    flushes.Add(flush);
                }
            }
        }

        return Task.WhenAll(flushes);
    }

    /// <summary>Fails what is not in the log yet; the task completes when what was in flight is answered too.</summary>
    internal Task DropAsync()
    {
        foreach (PartitionQueue queue in _allTopics.SelectMany(topic => topic.Partitions))
        {
            queue.GiveUp(ErrorCode.TransactionAbortable, "its transaction was aborted.", isAll: false);
        }

        return FlushAsync();
    }

    /// <summary>Takes no more records, waits for those that are there, and fails what is left after the timeout.</summary>
    internal async Task CloseAsync(TimeSpan timeout)
    {
        lock (_topicsLock)
        {
            _isClosed = true;
        }

        _memory.Close(Closed());
        foreach (PartitionQueue queue in _allTopics.SelectMany(topic => topic.Partitions))
        {
            queue.Close();
        }

        try
        {
            await FlushAsync().WaitAsync(timeout, _transport.TimeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            string reason = $"the producer was closed and waited {timeout.TotalMilliseconds} ms for the answer.";
            foreach (PartitionQueue queue in _allTopics.SelectMany(topic => topic.Partitions))
            {
                queue.GiveUp(ErrorCode.RequestTimedOut, reason, isAll: true);
            }
        }

        _handle?.Dispose();
    }

    private bool LowerNextWork(long dueMs)
    {
        long current = Volatile.Read(ref _nextWorkMs);
        while (dueMs < current)
        {
            long seen = Interlocked.CompareExchange(ref _nextWorkMs, dueMs, current);
            if (seen == current)
            {
                return true;
            }

            current = seen;
        }

        return false;
    }

    private int CapacityFor(int sizeUpperBound) => Math.Max(_options.BatchSize, sizeUpperBound + BatchLayout.HeaderSize);

    private ProducerBatch CreateBatch(int capacity) => capacity == _options.BatchSize ? _pool.Get() : new ProducerBatch(capacity, isPooled: false);

    private void Recycle(ProducerBatch batch)
    {
        if (batch.IsPooled)
        {
            batch.Reset();
            _pool.Return(batch);
        }
    }

    private TopicQueues GetTopic(string name)
    {
        TopicQueues? last = _lastTopic;
        if (last is not null && last.Name == name)
        {
            return last;
        }

        if (!_topics.TryGetValue(name, out TopicQueues? topic))
        {
            topic = AddTopic(name);
        }

        _lastTopic = topic;
        return topic;
    }

    private TopicQueues AddTopic(string name)
    {
        if (_isClosed)
        {
            throw Closed();
        }

        int partitionCount = _transport.Producer.PartitionCount(name);
        lock (_topicsLock)
        {
            if (_isClosed)
            {
                throw Closed();
            }

            if (!_topics.TryGetValue(name, out TopicQueues? topic))
            {
                topic = new TopicQueues(name, partitionCount, _randomSeed, this);
                _topics[name] = topic;
                _allTopics = [.. _allTopics, topic];
            }

            return topic;
        }
    }

    private sealed class BatchPolicy(int batchSize) : PooledObjectPolicy<ProducerBatch>
    {
        public override ProducerBatch Create() => new(Math.Max(batchSize, BatchLayout.HeaderSize), isPooled: true);

        public override bool Return(ProducerBatch obj) => true;
    }
}
