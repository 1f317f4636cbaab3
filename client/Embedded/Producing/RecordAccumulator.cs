using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;
using Zurau.Embedded.Producing.Batches;
using Zurau.Embedded.Producing.Sessions;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;
using Zurau.Transport;

namespace Zurau.Embedded.Producing;

/// <summary>
/// Collects the records of one producer into batches and appends the batches to the log. Thread-safe. Its only background work is the
/// duty that seals batches whose <c>linger.ms</c> has expired; everything else happens on the threads that send and on those that
/// complete appends.
/// </summary>
internal sealed class RecordAccumulator : IDuty
{
    private readonly IBatchLog _log;
    private readonly IDutyPump _pump;
    private readonly TimeProvider _time;
    private readonly ProducerOptions _options;
    private readonly PartitionChooser _chooser;
    private readonly ProducerTopics _topics;
    private readonly Acks _acks;
    private readonly IDutyHandle? _handle;

    private readonly EarliestTime _nextWork = new(); // Lowered by senders (Schedule), reset and lowered again by the duty (DoWork).

    internal RecordAccumulator(IBatchLog log, IDutyPump pump, TimeProvider time, ProducerOptions options, int randomSeed, ILogger logger)
    {
        _log = log;
        _pump = pump;
        _time = time;
        _options = options;
        Session = new ProducerSession(log, options);
        Transactions = options.TransactionalId is null ? null : new TransactionManager(log, time, options, Session);

        // What makes the records of a transaction count is its commit, and that puts them on disk: one flush for all of them.
        _acks = Transactions is not null && log.DecidesAtOnce ? Acks.Leader : options.Acks;
        MaxInFlight = log.DecidesAtOnce ? int.MaxValue : options.MaxInFlightRequestsPerConnection;
        _topics = new ProducerTopics(name => new TopicQueues(name, log.PartitionCount(name), randomSeed, this));
        _chooser = new PartitionChooser(options, randomSeed);
        Memory = new BatchMemory(options);
        Delivery = new BatchDelivery(logger);
        DeliveryTimeoutMessage = $"no answer within delivery.timeout.ms={options.DeliveryTimeoutMs}.";
        _handle = pump.Start(this);
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

    internal BatchDelivery Delivery { get; }

    internal long NowMs => _pump.NowMs;

    /// <summary>Bytes of batches that are not acknowledged.</summary>
    internal long UsedBytes => Memory.UsedBytes;

    internal static ObjectDisposedException Closed() => new("Producer", "The producer is closed.");

    /// <summary>How long to wait before the next attempt: twice as long each time.</summary>
    internal int BackOffMs(int failedAttempts) =>
        (int)Math.Min(_options.RetryBackoffMaxMs, (long)_options.RetryBackoffMs << Math.Min(failedAttempts - 1, 30));

    /// <summary>
    /// Puts a record into a batch; false, with nothing done, if <c>buffer.memory</c> has no room for a batch that it needs.
    /// </summary>
    /// <param name="record">The record.</param>
    /// <param name="completion">Receives its result.</param>
    /// <param name="isAwaited">Whether to send it without lingering.</param>
    /// <param name="blocked">The earlier attempt of this record; null for the first one. Set when the answer is false.</param>
    internal bool TryAppend<TValue>(in OutgoingRecord<TValue> record, SendCompletion completion, bool isAwaited, ref BlockedSend? blocked)
    {
        if (blocked is not null)
        {
            return TryAppendAgain(record, completion, isAwaited, (BlockedAppend)blocked);
        }

        RecordLimits.CheckSize(_options, record.SizeUpperBound);
        TopicQueues topic = _topics.Get(record.Topic);
        int choice = _chooser.Choose(record, topic);
        ProducerBatch? spare = null;
        if (TryAppend(topic, choice, record, completion, isAwaited, ref spare))
        {
            return true;
        }

        blocked = new BlockedAppend(this, record.SizeUpperBound, choice);
        return false;
    }

    /// <summary>Waits in line for a batch's memory, for up to <c>max.block.ms</c>. Everything that lingers is sent meanwhile.</summary>
    /// <exception cref="KafkaException">The time is over.</exception>
    internal async Task<ProducerBatch> WaitForBatchAsync(int sizeUpperBound, CancellationToken cancellationToken)
    {
        BufferMemory.Waiter waiter = Memory.Enter(sizeUpperBound);

        // From here on nobody opens a new batch, so what is sealed now is all there is, and its memory comes back.
        foreach (TopicQueues topic in _topics.All)
        {
            foreach (PartitionQueue queue in topic.Partitions)
            {
                queue.Seal();
            }
        }

        try
        {
            await waiter.Reserved.Task
                .WaitAsync(TimeSpan.FromMilliseconds(_options.MaxBlockMs), _time, cancellationToken)
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
            int count = _log.PartitionCount(partition.Topic);
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

        return _log.ProduceAsync(partition, built, _acks);
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

        Delivery.Deliver(partition, batch);
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
        foreach (TopicQueues topic in _topics.All)
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

    internal int PartitionCount(string topic) => _topics.Get(topic).Partitions.Length;

    /// <summary>Seals every open batch; the task completes when all that was sent before has been delivered or has failed.</summary>
    internal Task FlushAsync()
    {
        var flushes = new List<Task>();
        foreach (TopicQueues topic in _topics.All)
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
        foreach (PartitionQueue queue in _topics.All.SelectMany(topic => topic.Partitions))
        {
            queue.GiveUp(ErrorCode.TransactionAbortable, "its transaction was aborted.", isAll: false);
        }

        return FlushAsync();
    }

    /// <summary>Takes no more records, waits for those that are there, and fails what is left after the timeout.</summary>
    internal async Task CloseAsync(TimeSpan timeout)
    {
        _topics.Close();
        Memory.Close(Closed());
        foreach (PartitionQueue queue in _topics.All.SelectMany(topic => topic.Partitions))
        {
            queue.Close();
        }

        try
        {
            await FlushAsync().WaitAsync(timeout, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            string reason = $"the producer was closed and waited {timeout.TotalMilliseconds} ms for the answer.";
            foreach (PartitionQueue queue in _topics.All.SelectMany(topic => topic.Partitions))
            {
                queue.GiveUp(ErrorCode.RequestTimedOut, reason, isAll: true);
            }
        }

        _handle?.Dispose();
    }

    private bool TryAppendAgain<TValue>(in OutgoingRecord<TValue> record, SendCompletion completion, bool isAwaited, BlockedAppend blocked)
    {
        ProducerBatch? spare = blocked.TakeBatch();
        try
        {
            return TryAppend(_topics.Get(record.Topic), blocked.Choice, record, completion, isAwaited, ref spare);
        }
        finally
        {
            if (spare is not null)
            {
                Discard(spare);
            }
        }
    }

    private bool TryAppend<TValue>(
        TopicQueues topic,
        int choice,
        in OutgoingRecord<TValue> record,
        SendCompletion completion,
        bool isAwaited,
        ref ProducerBatch? spare)
    {
        AppendOutcome outcome;
        do
        {
            // Another sticky partition is chosen only after a batch was begun, so a later one takes the record.
            StickyPartition? sticky = choice == IPartitioner.Any ? topic.Sticky.Current : null;
            PartitionQueue queue = topic.Partitions[sticky?.Partition ?? choice];
            outcome = queue.TryAppend(record, completion, isAwaited || _options.LingerMs == 0, sticky, ref spare);
        }
        while (outcome == AppendOutcome.PartitionChanged);

        return outcome == AppendOutcome.Appended;
    }
}
