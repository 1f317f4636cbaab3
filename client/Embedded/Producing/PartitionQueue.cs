using Zurau.Embedded.Producing.Batches;
using Zurau.Transport;

namespace Zurau.Embedded.Producing;

/// <summary>
/// The batches of one partition on their way: one open, then sealed and in line until they have a result. One short lock guards all of
/// it; serializers of users, the transport and callbacks are called outside of it.
/// <para>
/// Two roles keep the order without a sender thread: whoever appends (one thread at a time) takes ready batches in the order in which
/// they were sealed, and whoever delivers (one thread at a time) takes results in the order in which their batches were appended. A
/// role is taken and given up under the lock that also guards the lines, and who gives it up looks again (<see cref="Run"/>), so no
/// batch is left behind.
/// </para>
/// </summary>
internal sealed class PartitionQueue(RecordAccumulator accumulator, TopicQueues topic, TopicPartition partition)
{
    private readonly Lock _lock = new();
    private readonly BatchLines _lines = new(accumulator.Session);
    private readonly FlushWaiters _flushes = new();
    private ProducerBatch? _open;
    private bool _isAppending;
    private bool _isDelivering;
    private bool _isClosed;
    private long _sealedCount;
    private long _deliveredCount;

    // Written under the lock, read by the linger duty without it.
    private long _dueMs = long.MaxValue;

    /// <summary>When there is something to do although no send and no answer comes, in milliseconds of the pump's clock.</summary>
    internal long DueMs => Volatile.Read(ref _dueMs);

    /// <summary>Batches that are sealed and have no result yet; any thread may look.</summary>
    internal int Backlog => (int)(Volatile.Read(ref _sealedCount) - Volatile.Read(ref _deliveredCount));

    /// <summary>Puts a record into the open batch, or into a new one, and appends what that seals.</summary>
    /// <param name="record">The record.</param>
    /// <param name="completion">Receives its result.</param>
    /// <param name="isAwaited">Whether to seal at once where nothing of the partition is under way, instead of lingering.</param>
    /// <param name="sticky">The choice that led here, for a record without a key.</param>
    /// <param name="spare">A batch whose memory is reserved; null once it is used.</param>
    internal AppendOutcome TryAppend<TValue>(
        in OutgoingRecord<TValue> record,
        SendCompletion completion,
        bool isAwaited,
        StickyPartition? sticky,
        ref ProducerBatch? spare)
    {
        AppendOutcome outcome;
        bool hasWork;
        lock (_lock)
        {
            if (_isClosed)
            {
                throw RecordAccumulator.Closed();
            }

            outcome = TryAppendLocked(record, completion, sticky, ref spare, out hasWork);
            if (outcome == AppendOutcome.Appended && isAwaited)
            {
                hasWork = true;
                _open!.IsWanted = true;
                SealWantedLocked();
                if (_open is null && sticky is not null)
                {
                    TrySwitchStickyLocked(sticky, 0);
                }
            }

            if (hasWork)
            {
                UpdateDueLocked();
            }
        }

        if (hasWork)
        {
            Run();
        }

        return outcome;
    }

    /// <summary>Seals the open batch and appends it, without waiting for results.</summary>
    internal void Seal()
    {
        lock (_lock)
        {
            SealLocked();
            UpdateDueLocked();
        }

        Run();
    }

    /// <summary>Seals the open batch; the task completes when everything sealed so far has been delivered or has failed.</summary>
    internal Task FlushAsync()
    {
        Task flushed = Task.CompletedTask;
        lock (_lock)
        {
            SealLocked();
            if (_deliveredCount < _sealedCount)
            {
                flushed = _flushes.Add(_sealedCount);
            }

            UpdateDueLocked();
        }

        Run();
        return flushed;
    }

    /// <summary>Takes no more records; what is there goes on.</summary>
    internal void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
        }

        Seal();
    }

    /// <summary>Fails everything that has no result yet, or only what was not appended.</summary>
    internal void GiveUp(ErrorCode error, string reason, bool isAll)
    {
        lock (_lock)
        {
            SealLocked();
            _lines.GiveUp(new ProduceResult(error, -1, -1, reason), isAll);
            UpdateDueLocked();
        }

        Run();
    }

    /// <summary>Seals what has lingered, fails what is too old, and tries again what was waiting for it.</summary>
    internal void OnDue(long nowMs)
    {
        lock (_lock)
        {
            if (_open is not null && _open.LingerDeadlineMs <= nowMs)
            {
                SealLocked();
            }

            _lines.Fail(new ProduceResult(ErrorCode.RequestTimedOut, -1, -1, accumulator.DeliveryTimeoutMessage), nowMs);
            UpdateDueLocked();
        }

        Run();
    }

    /// <summary>Appends a batch whose producer was not ready when its turn came.</summary>
    internal void OnPrepared(ProducerBatch batch, ValueTask<ProduceResult> prepared)
    {
        Append(batch, prepared);
        Run();
    }

    /// <summary>Takes the transport's answer to a batch that was in flight when its append returned.</summary>
    internal void OnAnswer(ProducerBatch batch)
    {
        ProduceResult result = default;
        Exception? cause = null;
        try
        {
            result = batch.TakeAnswer();
        }
        catch (Exception exception)
        {
            cause = exception;
        }

        lock (_lock)
        {
            batch.IsPending = false;

            // One that has a result was given up meanwhile: what the transport says now comes too late.
            if (!batch.HasResult)
            {
                _lines.SetResult(batch, result, cause);
            }

            UpdateDueLocked();
        }

        Run();
    }

    // hasWork: a batch was sealed or opened.
    private AppendOutcome TryAppendLocked<TValue>(
        in OutgoingRecord<TValue> record,
        SendCompletion completion,
        StickyPartition? sticky,
        ref ProducerBatch? spare,
        out bool hasWork)
    {
        hasWork = false;
        if (sticky is not null && sticky != topic.Sticky.Current)
        {
            return AppendOutcome.PartitionChanged;
        }

        if (_open is null || !_open.HasRoomFor(record.SizeUpperBound))
        {
            if (sticky is not null && TrySwitchStickyLocked(sticky, record.SizeUpperBound))
            {
                hasWork = true;
                SealLocked();
                return AppendOutcome.PartitionChanged;
            }

            if (spare is null && !accumulator.Memory.TryCreate(record.SizeUpperBound, topic.CompressionRatio, out spare))
            {
                return AppendOutcome.NeedsMemory;
            }

            hasWork = true;
            SealLocked();
            _open = spare;
            spare = null;
            accumulator.SetDeadlines(_open);
        }

        WriteLocked(record, completion);
        if (sticky is not null)
        {
            sticky.ProducedBytes += record.SizeUpperBound;
        }

        return AppendOutcome.Appended;
    }

    private void WriteLocked<TValue>(in OutgoingRecord<TValue> record, SendCompletion completion)
    {
        ProducerBatch open = _open!;
        try
        {
            open.Builder.Append(record);
        }
        catch when (open.Builder.Count == 0)
        {
            _open = null;
            accumulator.Discard(open);
            throw;
        }

        if (!completion.IsNone)
        {
            open.Completions.Add(new RecordCompletion(completion, open.Builder.Count - 1, record.TimestampMs));
        }
    }

    // Between two batches, once the partition has had its share: batches of records without a key are full ones.
    private bool TrySwitchStickyLocked(StickyPartition sticky, int nextBytes)
    {
        if (topic.Partitions.Length == 1 || sticky.ProducedBytes == 0 || sticky.ProducedBytes + nextBytes < accumulator.BatchSize)
        {
            return false;
        }

        topic.Sticky.Switch();
        return true;
    }

    private void SealLocked()
    {
        if (_open is not null)
        {
            _open.Sequence = ++_sealedCount;
            _lines.AddReady(_open);
            _open = null;
        }
    }

    private void SealWantedLocked()
    {
        if (_open is { IsWanted: true } && !_isAppending && _lines.IsEmpty)
        {
            SealLocked();
        }
    }

    // A wanted batch has a deadline too: what lingers in it must not wait for a slow append before it.
    private void UpdateDueLocked() => Volatile.Write(ref _dueMs, Math.Min(_open?.LingerDeadlineMs ?? long.MaxValue, _lines.DueMs(_isAppending)));

    // Appends and delivers until there is nothing to do, or other threads are at it: those look again after what they do now.
    private void Run()
    {
        while (TryAppendNext() | TryDeliverNext())
        {
        }

        accumulator.Schedule(DueMs);
    }

    private bool TryAppendNext()
    {
        ProducerBatch? batch;
        lock (_lock)
        {
            SealWantedLocked();
            if (_isAppending || !_lines.TryTakeReady(accumulator, out batch))
            {
                return false;
            }

            _isAppending = true;
            batch.IsPending = true;
        }

        ValueTask<ProduceResult> prepared = accumulator.PrepareAsync(partition);
        if (!prepared.IsCompleted)
        {
            batch.AwaitPrepared(this, prepared); // The role is kept: nothing of this partition may overtake.
            return false;
        }

        Append(batch, prepared);
        return true;
    }

    private void Append(ProducerBatch batch, ValueTask<ProduceResult> prepared)
    {
        ValueTask<ProduceResult> answer = default;
        ProduceResult result = default;
        Exception? cause = null;
        bool isAnswered = true;
        try
        {
            result = prepared.GetAwaiter().GetResult();
            if (result.Error == ErrorCode.None && TryStamp(batch))
            {
                answer = accumulator.Append(partition, batch);
                isAnswered = answer.IsCompleted;
                result = isAnswered ? answer.GetAwaiter().GetResult() : default;
            }
        }
        catch (Exception exception)
        {
            cause = exception;
        }

        lock (_lock)
        {
            _isAppending = false;
            if (isAnswered)
            {
                batch.IsPending = false;

                // One that has a result was given up meanwhile.
                if (!batch.HasResult)
                {
                    _lines.SetResult(batch, result, cause);
                }
            }

            UpdateDueLocked();
        }

        if (!isAnswered)
        {
            // After the role was given up: the answer may come inside this call.
            batch.Await(this, answer);
        }
    }

    private bool TryStamp(ProducerBatch batch)
    {
        lock (_lock)
        {
            if (batch.HasResult)
            {
                return false; // It was given up while its producer got ready.
            }

            _lines.Stamp(batch);
            return true;
        }
    }

    private bool TryDeliverNext()
    {
        ProducerBatch? batch;
        bool isReusable;
        lock (_lock)
        {
            if (_isDelivering || !_lines.TryTakeResult(accumulator, out batch))
            {
                UpdateDueLocked(); // What is to be tried again has a time.
                return false;
            }

            _isDelivering = true;
            isReusable = !batch.IsPending;
        }

        long sequence = batch.Sequence;
        try
        {
            accumulator.Deliver(partition, batch, isReusable);
        }
        finally
        {
            lock (_lock)
            {
                _isDelivering = false;
                _deliveredCount = sequence;
                UpdateDueLocked();
                _flushes.Complete(sequence);
            }
        }

        return true;
    }
}
