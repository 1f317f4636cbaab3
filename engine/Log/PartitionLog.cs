using System.Buffers.Binary;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// One partition's log. Appenders reserve, copy and publish without a lock; readers, acknowledgements and the flusher trust one thing:
/// the end of the published prefix. The protocol, step by step, and the table of shared words are in engine/README.md.
/// Thread-safe.
/// </summary>
internal sealed class PartitionLog
{
    private readonly SegmentRoller _roller;
    private readonly LogPublisher _publisher;
    private readonly LogFlusher _flusher;
    private readonly RollPolicy _rollPolicy;
    private readonly TouchWindow _touchWindow;
    private readonly TimeProvider _time;
    private readonly IntakeClock _intakeClock;
    private readonly LogHooks? _hooks;
    private LogSegment[] _segments; // Ascending; replaced by compare-and-swap when a segment is linked.
    private LogSegment _active; // Where appends go; moved on by whoever links the next segment.
    private readonly int _leaderEpoch; // Stamped into every batch.
    private long _logStartOffset; // Only up; moved by compare-and-swap.
    private int _state; // See LogState; only goes up.
    private volatile bool _hasFailed; // Set once, by the first flush that fails.

    internal PartitionLog(IStorage storage, TopicPartition partition, string directory, LogSettings settings, RecoveredLog recovered, TimeProvider time)
    {
        Storage = storage;
        Partition = partition;
        Directory = directory;
        Settings = settings;
        _time = time;
        _intakeClock = new IntakeClock(time);
        _hooks = settings.Hooks;
        _segments = recovered.Segments;
        _logStartOffset = recovered.LogStartOffset;
        _leaderEpoch = recovered.LeaderEpochs.Latest;
        _active = recovered.Segments[^1];
        _publisher = new LogPublisher(this, recovered);
        _roller = new SegmentRoller(this);
        _rollPolicy = new RollPolicy(settings, time);
        _touchWindow = new TouchWindow(this, _roller);
        _flusher = new LogFlusher(this, recovered.RecoveryPoint);
    }

    internal TopicPartition Partition { get; }

    /// <summary>The partition's folder, relative to the data directory.</summary>
    internal string Directory { get; }

    internal IStorage Storage { get; }

    internal LogSettings Settings { get; }

    internal TimeProvider Time => _time;

    /// <summary>Wall-clock milliseconds.</summary>
    internal long NowMs => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>For <see cref="BatchWindow"/>.</summary>
    internal int NowSeconds => ResidentChunks.SecondsOf(_time);

    /// <summary>Whether an append that ends here makes more records not durable than <c>flush.messages</c> allows.</summary>
    internal bool MustFlush(long endOffset) => Settings.FlushMessages != long.MaxValue && endOffset - _flusher.DurableEnd >= Settings.FlushMessages;

    internal LogFlusher Flusher => _flusher;

    /// <summary>Keeps memory ready ahead of the appends; null where nobody does.</summary>
    internal TouchDuty? Toucher { get; init; }

    /// <summary>Closes files of segments that nobody reads; null where nobody does.</summary>
    internal SegmentCache? Cache
    {
        get;
        init
        {
            field = value;
            Array.ForEach(_segments, segment => value?.Add(segment));
        }
    }

    /// <summary>Spreads logs over the broker's flushers.</summary>
    internal int Number { get; init; }

    /// <summary>Where appends go now.</summary>
    internal LogSegment Active => Volatile.Read(ref _active);

    internal int LeaderEpoch => _leaderEpoch;

    internal long LogStartOffset => Volatile.Read(ref _logStartOffset);

    /// <summary>
    /// Where recovery may begin after a crash: everything below is flushed, and so are the index files of segments that end below.
    /// </summary>
    internal long RecoveryPoint
    {
        get
        {
            long durable = _flusher.DurableEnd;
            LogSegment? unindexed = Array.Find(Segments, static segment => segment.Next is not null && Volatile.Read(ref segment.IndexFilesState) != IndexFiles.Durable);
            return unindexed is null ? durable : Math.Min(durable, unindexed.BaseOffset);
        }
    }

    internal LogState State => (LogState)Volatile.Read(ref _state);

    /// <summary>True once a flush failed: the log is readable, and nothing is appended or acknowledged any more.</summary>
    internal bool HasFailed => _hasFailed;

    internal LogSegment[] Segments => Volatile.Read(ref _segments);

    /// <summary>Up to where every transaction is decided; at most the published end.</summary>
    internal long LastStableOffset => _publisher.Derived.LastStableOffset;

    /// <summary>The end of the published prefix, now.</summary>
    internal LogEnd ReadEnd() => _publisher.ReadEnd();

    /// <summary>
    /// Reserves, copies and publishes one batch; returns its base offset. The batch is visible to readers once the published end
    /// reaches <paramref name="endOffset"/>, which is at once unless an earlier appender is still copying.
    /// </summary>
    internal AppendResult Append(BuiltBatch batch, out long endOffset) => Append(batch.Span, out endOffset, batch.Facts);

    /// <inheritdoc cref="Append(BuiltBatch, out long)"/>
    /// <param name="bytes">The batch.</param>
    /// <param name="endOffset">The offset behind its last record; -1 on an error.</param>
    /// <param name="facts">What its builder knows; null for bytes from outside.</param>
    internal AppendResult Append(ReadOnlySpan<byte> bytes, out long endOffset, BatchFacts? facts = null)
    {
        endOffset = -1;
        using var intake = BatchIntake.Take(bytes, facts, Settings, Partition, _intakeClock);
        if (intake.Result.Error != ErrorCode.None)
        {
            return intake.Result;
        }

        RecordBatchView view = intake.Batch;
        ReadOnlySpan<byte> batch = view.Bytes;

        // The caller's header, completed: what the log stamps outside the checksum follows when the offset is known.
        Span<byte> header = stackalloc byte[BatchLayout.HeaderSize];
        batch[..BatchLayout.HeaderSize].CopyTo(header);
        long appendTime = Settings.TimestampType == TimestampType.LogAppendTime ? BatchValidator.StampAppendTime(header, view, _time) : -1;
        BinaryPrimitives.WriteInt32BigEndian(header[BatchLayout.PartitionLeaderEpoch..], _leaderEpoch);
        int count = view.LastOffsetDelta + 1;
        while (true)
        {
            LogSegment segment = Volatile.Read(ref _active);
            if (!segment.TryAcquireForAppend())
            {
                return Unavailable();
            }

            try
            {
                // A failed fsync, a close or a deletion refuses new appends; one that gets past this look is still complete in itself.
                if (State != LogState.Open || _hasFailed)
                {
                    return Unavailable();
                }

                _hooks?.At(LogPoint.AppendLeased, segment);
                IoResult ready = TryReserve(segment, count, batch.Length, view.MaxTimestamp, out long word);
                if (!ready.IsOk)
                {
                    return AppendResult.Failed(ErrorCode.KafkaStorageError, $"Appending to {Partition} failed: {ready}.");
                }

                if (word < 0)
                {
                    continue;
                }

                long baseOffset = segment.BaseOffset + SegmentWord.RelativeOffset(word);
                int position = SegmentWord.Position(word);
                BinaryPrimitives.WriteInt64BigEndian(header, baseOffset);
                _hooks?.At(LogPoint.AppendReserved, segment, position, batch.Length);
                segment.CopyAndPublish(position, header, batch[BatchLayout.HeaderSize..], _hooks);
                _hooks?.At(LogPoint.AppendPublished, segment, position, batch.Length);
                _publisher.Push(segment);
                _hooks?.At(LogPoint.AppendPushed, segment, position, batch.Length);
                if (((position ^ (position + batch.Length)) >> TouchDuty.RequestShift) != 0)
                {
                    Toucher?.Request(_touchWindow, storesToMapping: !LogSegment.IsWritten(batch.Length));
                }

                endOffset = baseOffset + count;
                return new AppendResult(ErrorCode.None, baseOffset, appendTime);
            }
            finally
            {
                segment.ReleaseAppend();
            }
        }
    }

    /// <summary>Completes when the published end has reached an offset; at once where it has.</summary>
    internal ValueTask<ErrorCode> WhenPublished(long endOffset)
    {
        if (ReadEnd().Offset >= endOffset)
        {
            return new ValueTask<ErrorCode>(ErrorCode.None);
        }

        _hooks?.At(LogPoint.WaiterBeforeAdd);
        var completion = new Completion(_hooks);
        AddWaiter(new OffsetWaiter(completion, endOffset), IsolationLevel.ReadUncommitted);
        return new ValueTask<ErrorCode>(completion.Task);
    }

    /// <summary>Adds somebody who waits for the published end, or for the last stable offset.</summary>
    internal void AddWaiter(OffsetWaiter waiter, IsolationLevel isolation)
    {
        OffsetWaiters waiters = isolation == IsolationLevel.ReadCommitted ? _publisher.Derived.Waiters : _publisher.Waiters;
        waiters.Add(waiter);
        if (State != LogState.Open)
        {
            waiters.Fail(ErrorCode.NotLeaderOrFollower);
        }
    }

    /// <summary>The segment that holds an offset, or the last one before it.</summary>
    internal LogSegment FloorSegment(long offset)
    {
        LogSegment[] segments = Volatile.Read(ref _segments);
        int low = 0;
        int high = segments.Length - 1;
        while (low < high)
        {
            int middle = (low + high + 1) >>> 1;
            if (segments[middle].BaseOffset <= offset)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return segments[low];
    }

    /// <summary>Makes a named segment known to readers and appenders; every helper of a roll may repeat it.</summary>
    internal void Link(LogSegment segment, LogSegment next)
    {
        // Readers must find it before the published end can reach it, and the end reaches it through the link.
        LogSegment[] segments = Volatile.Read(ref _segments);
        while (segments[^1] == segment)
        {
            LogSegment[] seen = Interlocked.CompareExchange(ref _segments, [.. segments, next], segments);
            if (seen == segments)
            {
                break;
            }

            segments = seen;
        }

        _hooks?.At(LogPoint.RollListed);
        bool isLinker = Interlocked.CompareExchange(ref segment.Next, next, null) is null;
        _hooks?.At(LogPoint.RollLinked);
        Interlocked.CompareExchange(ref _active, next, segment);

        // Whoever saw the sealed end before the link was there has stopped in front of it. Partner: the look at Next in Push.
        _publisher.Push(segment);
        if (isLinker)
        {
            Cache?.Add(segment);
        }
    }

    /// <summary>Opens and maps a segment that was evicted. The caller holds a lease on it.</summary>
    internal IoResult EnsureMapped(LogSegment segment)
    {
        IoResult result = segment.EnsureMapped(Storage, out bool wasEvicted);
        if (!segment.WasRead)
        {
            segment.WasRead = true; // Only where it changes something: readers and appenders share the line.
        }

        if (wasEvicted)
        {
            Cache?.Add(segment);
        }

        return result;
    }

    /// <summary>Stops appends and leaves the files as a clean shutdown does; see <see cref="LogCloser"/>. Call once.</summary>
    internal IoResult Close()
    {
        Advance(LogState.Closing);
        return new LogCloser(this, _roller, _publisher).Close();
    }

    /// <summary>Makes records below an offset unreadable; files stay as they are. False where the offset is behind the end.</summary>
    internal bool DeleteRecords(long beforeOffset)
    {
        if (beforeOffset > ReadEnd().Offset)
        {
            return false;
        }

        long start = LogStartOffset;
        while (start < beforeOffset)
        {
            long seen = Interlocked.CompareExchange(ref _logStartOffset, beforeOffset, start);
            if (seen == start)
            {
                break;
            }

            start = seen;
        }

        _hooks?.At(LogPoint.StartMoved);
        return true;
    }

    /// <summary>Flushes a log that has begun a segment since its last flush, and the index files of those that are full.</summary>
    internal void FlushSealed()
    {
        if (State == LogState.Open && Volatile.Read(ref _active).BaseOffset > _flusher.DurableEnd)
        {
            _flusher.FlushNow();
        }

        foreach (LogSegment segment in Segments)
        {
            if (Volatile.Read(ref segment.IndexFilesState) == IndexFiles.Written)
            {
                _ = IndexFiles.Flush(Storage, Directory, segment);
            }
        }
    }

    /// <summary>Gives up the log's own hold on its files; leases that are out keep theirs. After <see cref="Close"/>.</summary>
    internal void Release()
    {
        Advance(LogState.Closed);
        foreach (LogSegment segment in Segments)
        {
            segment.Close();
        }

        _roller.Discard(_active);
    }

    internal void Fail()
    {
        _hasFailed = true;
        Interlocked.MemoryBarrier(); // Partner: the look at HasFailed behind adding a waiter.
        _flusher.Fail(ErrorCode.KafkaStorageError);
    }

    /// <summary>
    /// Reserves bytes and offsets together. Answers a word of -1 when the caller has to look again: the segment was full, sealed, not
    /// yet long enough, or somebody else was faster. Nothing is reserved on an error.
    /// </summary>
    private IoResult TryReserve(LogSegment segment, int count, int size, long maxTimestamp, out long word)
    {
        word = Volatile.Read(ref segment.Reservation);
        int position = SegmentWord.Position(word);
        int relativeOffset = SegmentWord.RelativeOffset(word);
        IoResult result = IoResult.Ok;
        if (SegmentWord.IsSealed(word))
        {
            result = State == LogState.Open ? _roller.Finish(segment) : IoResult.Ok;
        }
        else if ((long)position + size > Settings.SegmentBytes
            || (long)relativeOffset + count > int.MaxValue
            || (position > 0 && _rollPolicy.IsDue(segment, maxTimestamp)))
        {
            result = _roller.Roll(segment);
        }
        else if (position + size > segment.AllocatedEnd)
        {
            result = EnsureMapped(segment);
            result = result.IsOk ? segment.Extend(position + size, _hooks) : result;
        }
        else if (Interlocked.CompareExchange(ref segment.Reservation, word + SegmentWord.Pack(count, size), word) == word)
        {
            return IoResult.Ok;
        }

        word = -1;
        return result;
    }

    private void Advance(LogState state)
    {
        int seen = Volatile.Read(ref _state);
        while (seen < (int)state)
        {
            int found = Interlocked.CompareExchange(ref _state, (int)state, seen);
            if (found == seen)
            {
                return;
            }

            seen = found;
        }
    }

    private AppendResult Unavailable() => _hasFailed
        ? AppendResult.Failed(ErrorCode.KafkaStorageError, $"{Partition} takes no appends since a flush to disk failed; check the disk, then open the data directory again.")
        : AppendResult.Failed(ErrorCode.NotLeaderOrFollower, $"{Partition} is being closed or deleted.");
}
