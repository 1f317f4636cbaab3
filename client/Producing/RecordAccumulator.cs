using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;
using Zurau.Transport;

namespace Zurau.Producing;

/// <summary>
/// Collects records into batches and gets the batches into the log: what producers of all types share. Thread-safe. Its only
/// background work is the duty that seals batches whose <c>linger.ms</c> is over; everything else happens on the threads that send
/// and on those that complete appends.
/// </summary>
internal sealed class RecordAccumulator : IDuty
{
    private readonly IKafkaTransport _transport;
    private readonly ProducerOptions _options;
    private readonly PartitionChooser _chooser;
    private readonly BatchDelivery _delivery;
    private readonly ConcurrentDictionary<string, TopicQueues> _topics = new();
    private readonly Lock _topicsLock = new();
    private readonly Acks _acks;
    private readonly int _randomSeed;
    private readonly IDutyHandle? _handle;
    private volatile TopicQueues[] _allTopics = [];
    private volatile TopicQueues? _lastTopic;
    private volatile bool _isClosed;

    private readonly EarliestTime _nextWork = new(); // Lowered by senders (Schedule), reset and lowered again by the duty (DoWork).

    internal RecordAccumulator(IKafkaTransport transport, ProducerOptions options, int randomSeed, ILogger logger)
    {
        _transport = transport;
        _options = options;
        Session = new ProducerSession(transport.Producer, options);
        Transactions = options.TransactionalId is null ? null : new TransactionManager(transport, options, Session);

        // What makes the records of a transaction count is its commit, and that puts them on disk: one flush for all of them.
        _acks = Transactions is not null && transport.Producer.DecidesAtOnce ? Acks.Leader : options.Acks;
        MaxInFlight = transport.Producer.DecidesAtOnce ? int.MaxValue : options.MaxInFlightRequestsPerConnection;
        _randomSeed = randomSeed;
        _chooser = new PartitionChooser(options, randomSeed);
        Memory = new BatchMemory(options);
        _delivery = new BatchDelivery(logger);
        DeliveryTimeoutMessage = $"no answer within delivery.timeout.ms={options.DeliveryTimeoutMs}.";
        _handle = transport.DutyPump.Start(this);
    }

    /// <inheritdoc/>
    public string Name => "zurau-producer-linger";

    /// <inheritdoc/>
    public long NextWorkMs => _nextWork.Ms;

    internal string DeliveryTimeoutMessage { get; }

    /// <summary>What the log knows the producer by.</summary>
    internal ProducerSession Session { get; }

    /// <summary>The producer's transactions; null without <c>transactional.id</c>.</summary>
    internal TransactionManager? Transactions { get; }

    /// <summary>How many batches of a partition may be without an answer.</summary>
    internal int MaxInFlight { get; }

    internal int BatchSize => _options.BatchSize;

    internal int Retries => _options.Retries;

    /// <summary>Whether a busy partition gets fewer records without a key.</summary>
    internal bool IsAdaptive => _options.PartitionerAdaptivePartitioningEnable;

    internal BatchMemory Memory { get; }

    internal long NowMs => _transport.DutyPump.NowMs;

    internal TimeProvider TimeProvider => _transport.TimeProvider;

    /// <summary>Bytes of batches that are not acknowledged.</summary>
    internal long UsedBytes => Memory.UsedBytes;

    internal static ObjectDisposedException Closed() => new("Producer", "The producer is closed.");

    /// <summary>How long to wait before the next attempt: twice as long each time.</summary>
    internal int BackOffMs(int failedAttempts) =>
        (int)Math.Min(_options.RetryBackoffMaxMs, (long)_options.RetryBackoffMs << Math.Min(failedAttempts - 1, 30));

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
            RecordLimits.CheckSize(_options, record.SizeUpperBound);
            TopicQueues topic = GetTopic(record.Topic);
            while (true) // Ends with a partition whose batch takes the record: another one is chosen only after a batch was begun.
            {
                int partition = _chooser.Choose(record, topic, out StickyPartition? sticky);
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
        BufferMemory.Waiter waiter = Memory.Enter(sizeUpperBound);

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
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException && Memory.TryLeave(waiter))
        {
            throw exception is OperationCanceledException ? exception : KafkaException.For(
                ErrorCode.RequestTimedOut,
                $"buffer.memory={_options.BufferMemory} is used up: {waiter.Bytes} bytes were asked for and did not come free within "
                + $"max.block.ms={_options.MaxBlockMs}. The log is slower than the sends; raise buffer.memory or max.block.ms, or send less at once.",
                exception);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            // The bytes came in the very moment of giving up, or the producer was closed.
            await waiter.Reserved.Task.ConfigureAwait(false);
        }

        return Memory.Take(waiter);
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
        Memory.Release(batch);
        Memory.Recycle(batch);
    }

    /// <summary>Takes those batches apart that are too large, and forgets the results of those that go again.</summary>
    internal BatchFifo Split(BatchFifo batches)
    {
        BatchFifo split = default;
        while (!batches.IsEmpty)
        {
            ProducerBatch batch = batches.Dequeue();
            if (batch.MustSplit)
            {
                batch.Ratio?.Reset();
                BatchSplitter.Split(batch, Memory, BatchSize, ref split);
                Memory.Recycle(batch);
            }
            else
            {
                split.Enqueue(batch);
            }
        }

        return split;
    }

    /// <summary>Makes sure that a batch of a partition may be appended; the answer says why not.</summary>
    internal ValueTask<ProduceResult> PrepareAsync(TopicPartition partition)
    {
        try
        {
            return Transactions?.PrepareAsync(partition) ?? Session.PrepareAsync();
        }
        catch (Exception exception)
        {
            return ValueTask.FromException<ProduceResult>(exception); // Delivered with the batch: whoever appends must not keep that role.
        }
    }

    internal ValueTask<ProduceResult> Append(TopicPartition partition, ProducerBatch batch)
    {
        if (batch.Result.Error == ErrorCode.UnknownTopicOrPartition)
        {
            // A retry: the topic may have been deleted, and may be created again by this very question.
            int count = _transport.Producer.PartitionCount(partition.Topic);
            if (partition.Partition >= count)
            {
                throw PartitionChooser.NoSuchPartition(partition, count);
            }
        }

        BuiltBatch built = batch.Builder.Build(Transactions is null ? BatchAttributes.None : BatchAttributes.Transactional);
        if (batch.Builder.Compression.Type != CompressionType.None)
        {
            batch.Ratio?.Observe(built.SizeBytes - BatchLayout.HeaderSize, batch.Builder.SizeBytes - BatchLayout.HeaderSize);
        }

        return _transport.Producer.ProduceAsync(partition, built, _acks);
    }

    /// <summary>Tells everybody who waits for a record of the batch.</summary>
    internal void Deliver(TopicPartition partition, ProducerBatch batch, bool isReusable)
    {
        // First the memory: a callback may send, and must find what its own batch took.
        Memory.Release(batch);
        if (batch.Result.Error != ErrorCode.None)
        {
            Transactions?.OnBatchFailed(batch.Result.Error, batch.Result.Message ?? $"the log answered {batch.Result.Error}.", batch.Cause);
        }

        _delivery.Deliver(partition, batch);
        if (isReusable)
        {
            Memory.Recycle(batch);
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
        if (_nextWork.TryLower(dueMs))
        {
            _handle?.Wake();
        }
    }

    /// <inheritdoc/>
    public int DoWork(long nowMs)
    {
        // A full fence between the reset and the look at the queues: partner of the barrier in Schedule.
        _nextWork.Reset();
        int work = 0;
        long next = long.MaxValue;
        ExceptionDispatchInfo? failure = null;
        foreach (TopicQueues topic in _allTopics)
        {
            foreach (PartitionQueue queue in topic.Partitions)
            {
                if (queue.DueMs <= nowMs)
                {
                    try
                    {
                        queue.OnDue(nowMs);
                        work++;
                    }
                    catch (Exception exception)
                    {
                        failure ??= ExceptionDispatchInfo.Capture(exception); // The others first; then the pump reports it.
                    }
                }

                next = Math.Min(next, queue.DueMs);
            }
        }

        _nextWork.TryLower(next);
        failure?.Throw();
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

        Memory.Close(Closed());
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
}
