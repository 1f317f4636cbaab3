using System.Buffers;
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
    private readonly LogAppender _appender;
    private readonly TimeProvider _time;
    private readonly LogHooks? _hooks;
    private readonly SegmentList _segments;
    private LogSegment _active; // Where appends go; moved on by whoever links the next segment.
    private LogSettings _settings; // Replaced whole when the topic's settings are changed.
    private readonly int _leaderEpoch; // Stamped into every batch.
    private long _logStartOffset; // Only up; moved by compare-and-swap.
    private int _state; // See LogState; only goes up.
    private volatile bool _isAbandoned; // Set once, before the folder is renamed.
    private volatile bool _hasFailed; // Set once, by the first flush that fails, or with _hasHole.
    private volatile bool _hasHole; // Set once: room was reserved that could not be written, so nothing after it is ever published.

    internal PartitionLog(IStorage storage, TopicPartition partition, string directory, LogSettings settings, RecoveredLog recovered, TimeProvider time)
    {
        Storage = storage;
        Partition = partition;
        Directory = directory;
        _settings = settings;
        _time = time;
        _hooks = settings.Hooks;
        _segments = new SegmentList(recovered.Segments);
        _logStartOffset = recovered.LogStartOffset;
        _leaderEpoch = recovered.LeaderEpochs.Latest;
        IndexCache = recovered.IndexCache;
        Producers = new LiveProducers(recovered.Producers, settings.Hooks);
        _active = recovered.Segments[^1];
        _publisher = new LogPublisher(this, recovered);
        _roller = new SegmentRoller(this);
        _appender = new LogAppender(this, _publisher, _roller, time);
        _flusher = new LogFlusher(this, recovered);
        Upkeep = new LogUpkeep(this, _segments, _roller, _publisher, recovered.LeaderEpochs);
    }

    internal TopicPartition Partition { get; }

    /// <summary>The partition's folder, relative to the data directory.</summary>
    internal string Directory { get; }

    internal IStorage Storage { get; }

    /// <summary>The producers as of the reserved end.</summary>
    internal LiveProducers Producers { get; }

    internal LogSettings Settings => Volatile.Read(ref _settings);

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
            Array.ForEach(Segments[..^1], segment => value?.Add(segment)); // The active one when it is full.
        }
    }

    /// <summary>Keeps pages of index files.</summary>
    internal IndexCache IndexCache { get; }

    /// <summary>Where failures of this log are shown; null if nothing shows them.</summary>
    internal HealthLog? Health { get; init; }

    /// <summary>Spreads logs over the broker's flushers; -1 for an internal topic's.</summary>
    internal int Number { get; init; }

    /// <summary>Where appends go now.</summary>
    internal LogSegment Active => Volatile.Read(ref _active);

    internal int LeaderEpoch => _leaderEpoch;

    /// <summary>What retention and cleaning need.</summary>
    internal LogUpkeep Upkeep { get; }

    internal long LogStartOffset => Volatile.Read(ref _logStartOffset);

    /// <summary>Where recovery may begin after a crash.</summary>
    internal long RecoveryPoint => _flusher.RecoveryPoint.Read();

    internal LogState State => (LogState)Volatile.Read(ref _state);

    /// <summary>Whether the topic is deleted: nothing finds a file by its name any more.</summary>
    internal bool IsAbandoned => _isAbandoned;

    /// <summary>
    /// What a reader answers if the file of a segment that it has leased cannot be read; null if the segment was removed or replaced, so that another
    /// try finds others.
    /// </summary>
    internal ErrorCode? WhyUnreadable(LogSegment segment) =>
        IsAbandoned ? ErrorCode.NotLeaderOrFollower
        : segment.IsGivenUp && State != LogState.Closed ? null
        : ErrorCode.KafkaStorageError;

    /// <summary>True once a flush or a write failed: the log is readable, and nothing is appended or acknowledged any more.</summary>
    internal bool HasFailed => _hasFailed;

    /// <summary>Why derived state has stopped, so that readers of committed records see no more; null while it has not.</summary>
    internal Exception? DerivedFailure => _publisher.Derived.Failure;

    /// <summary>Whether indexes and producers have followed to the end. After a close without it, the next startup has to read the log again.</summary>
    internal bool IsDerived => _publisher.Derived.IsComplete;

    internal LogSegment[] Segments => _segments.All;

    /// <summary>
    /// Up to where every transaction is decided; at most the published end. Never below the log start, which deletions may move before
    /// derived state has followed, or into an open transaction.
    /// </summary>
    internal long LastStableOffset => Math.Max(_publisher.Derived.LastStableOffset, LogStartOffset);

    /// <summary>Up to where indexes and producers have followed; at most the published end.</summary>
    internal long DerivedEnd => _publisher.Derived.End;

    /// <summary>The end of the published prefix, now.</summary>
    internal LogEnd ReadEnd() => _publisher.ReadEnd();

    /// <inheritdoc cref="LogAppender.Append(ReadOnlySpan{byte}, BatchFacts?, AppendOrigin, out long)"/>
    internal AppendResult Append(BuiltBatch batch, out long endOffset, AppendOrigin origin = AppendOrigin.Client) =>
        _appender.Append(batch.Span, batch.Facts, origin, out endOffset);

    /// <inheritdoc cref="LogAppender.Append(ReadOnlySpan{byte}, BatchFacts?, AppendOrigin, out long)"/>
    internal AppendResult Append(ReadOnlySpan<byte> bytes, out long endOffset, BatchFacts? facts = null) =>
        _appender.Append(bytes, facts, AppendOrigin.Client, out endOffset);

    /// <inheritdoc cref="LogAppender.Append(in ReadOnlySequence{byte}, out long)"/>
    internal AppendResult Append(in ReadOnlySequence<byte> bytes, out long endOffset) => _appender.Append(bytes, out endOffset);

    /// <inheritdoc cref="LogAppender.Append(TransactionMarker, out long)"/>
    internal AppendResult Append(TransactionMarker marker, out long endOffset) => _appender.Append(marker, out endOffset);

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
        if (_hasHole)
        {
            completion.Complete(ErrorCode.KafkaStorageError); // Partner: FailAtHole, which may have failed its waiters just before.
        }

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
    internal LogSegment FloorSegment(long offset) => _segments.Floor(offset);

    /// <summary>Makes a named segment known to readers and appenders; every helper of a roll may repeat it.</summary>
    internal void Link(LogSegment segment, LogSegment next)
    {
        // Readers must find it before the published end can reach it, and the end reaches it through the link.
        _segments.Add(segment, next);
        _hooks?.At(LogPoint.RollListed);
        bool isLinker = Interlocked.CompareExchange(ref segment.Next, next, null) is null;
        _hooks?.At(LogPoint.RollLinked);
        Interlocked.CompareExchange(ref _active, next, segment);

        // Whoever saw the sealed end before the link was there has stopped in front of it. Partner: the look at Next in Push.
        _publisher.Push(segment);
        if (isLinker)
        {
            segment.Modified.Note(segment, NowMs);
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

        // By its name, the file may have been that of a later topic.
        return _isAbandoned ? IoResult.NotFound : result;
    }

    /// <summary>Stops appends and leaves the files as a clean shutdown does; see <see cref="LogCloser"/>. Call once.</summary>
    internal IoResult Close()
    {
        using (Upkeep.Lock.Enter())
        {
            Advance(LogState.Closing);
        }

        IoResult result = new LogCloser(this, _roller, _publisher).Close();
        IoResult settled = Upkeep.Remover.DeleteAll();
        return result.IsOk ? settled : result;
    }

    /// <summary>
    /// Ends the log of a topic that is deleted: nothing is appended, rolled, cleaned or read from files by their names any more, and nothing is
    /// flushed. Its folder may be renamed and another log may have the name when this returns. <see cref="Release"/> follows.
    /// </summary>
    internal IoResult Abandon()
    {
        _isAbandoned = true;
        using (Upkeep.Lock.Enter())
        {
            Advance(LogState.Closing);
        }

        return new LogCloser(this, _roller, _publisher).Abandon();
    }

    /// <summary>Makes other settings count from now on; those of a segment's layout from the next segment on.</summary>
    internal void Apply(LogSettings settings)
    {
        using (Upkeep.Lock.Enter())
        {
            Volatile.Write(ref _settings, settings);
            Active.Plan(settings.SegmentBytes);
        }
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

    /// <inheritdoc cref="LogUpkeep.FlushSealed"/>
    internal IoResult FlushSealed() => Upkeep.FlushSealed();

    /// <summary>Forgets producers that have been idle for so long and have no transaction here; returns how many.</summary>
    /// <inheritdoc cref="LiveProducers.Expire"/>
    internal int ExpireProducers(long nowMs, long expirationMs, ExpiryTime wall)
    {
        IReadOnlyList<KeyValuePair<long, long>> forgotten = Producers.Expire(nowMs, expirationMs, wall);
        if (forgotten.Count > 0)
        {
            _publisher.Derived.Forget(forgotten);
        }

        return forgotten.Count;
    }

    /// <summary>Shows a failure of this log, unless its topic is deleted: another log may have the name by then. Thread-safe.</summary>
    internal void Report(string component, string reason, Exception? exception = null)
    {
        if (_isAbandoned)
        {
            return;
        }

        Health?.Report(component, reason, Partition, exception);
        if (_isAbandoned)
        {
            Health?.Clear(component, Partition); // Perhaps after what was shown of the topic has been forgotten.
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
    /// Ends the log at a batch that could not be written after room was reserved for it: nothing is published past it. What precedes it
    /// can be read; opening the log again truncates the rest.
    /// </summary>
    internal void FailAtHole()
    {
        _hasHole = true;
        Fail();
        _publisher.Waiters.Fail(ErrorCode.KafkaStorageError);
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
}
