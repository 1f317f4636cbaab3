using System.Buffers;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// The log of one partition, composed of its parts. Appenders reserve, copy and publish without
/// a lock; readers, acknowledgements and the flusher depend only on the end of the published
/// prefix. No part refers to the log: each receives the parts that it needs. Thread-safe.
/// </summary>
internal sealed class PartitionLog
{
    private readonly LogContext _context;
    private readonly SegmentList _segments;
    private readonly PublishedEnd _published;
    private readonly LogIndexer _indexer;
    private readonly LogOffsets _offsets;
    private readonly SegmentRoller _roller;
    private readonly LogAppender _appender;
    private readonly RecoveryPoint _recoveryPoint;

    /// <param name="context">The state that the parts share.</param>
    /// <param name="recovered">The result of the recovery.</param>
    /// <param name="prefault">Prepares memory in advance of the appends; null if nothing
    /// does.</param>
    internal PartitionLog(LogContext context, RecoveredLog recovered, PrefaultDuty? prefault = null)
    {
        int leaderEpoch = recovered.LeaderEpochs.Latest;
        _context = context;
        _segments = new SegmentList(context, recovered.Segments);
        _published = new PublishedEnd(context, recovered.Segments[^1]);
        _indexer = new LogIndexer(context, _segments, _published, recovered);
        _offsets = new LogOffsets(_published, _indexer, recovered.LogStartOffset, context.Hooks);
        Producers = new AppendProducers(recovered.Producers, context.Hooks);
        Flusher = new LogFlusher(context, _segments, _published, recovered);
        _recoveryPoint = new RecoveryPoint(_segments, Flusher, _indexer, recovered.RecoveryPoint);
        _roller = new SegmentRoller(context, _segments, _published, _indexer, Flusher);
        _appender = new LogAppender(context, _segments, _published, _indexer, Producers, Flusher, _roller, prefault, leaderEpoch);
        Upkeep = new LogUpkeep(context, _segments, _offsets, _indexer, _roller, Flusher, _recoveryPoint, recovered.LeaderEpochs, recovered.IndexCache);
        Epochs = new EpochLookup(recovered.LeaderEpochs, _offsets, leaderEpoch);
        Reader = new LogReader(context, _segments, _offsets);
        Timestamps = new TimestampLookup(context, _segments, _offsets, Epochs);
    }

    /// <summary>The state that the log's parts share.</summary>
    internal LogContext Context => _context;

    internal TopicPartition Partition => _context.Partition;

    /// <summary>The partition's folder, relative to the data directory.</summary>
    internal string Directory => _context.Directory.Path;

    internal IStorage Storage => _context.Directory.Storage;

    internal LogSettings Settings => _context.Settings.Value;

    /// <summary>Wall-clock milliseconds.</summary>
    internal long NowMs => _context.NowMs;

    internal LogState State => _context.Lifecycle.State;

    /// <inheritdoc cref="LogDirectory.IsAbandoned"/>
    internal bool IsAbandoned => _context.Directory.IsAbandoned;

    /// <inheritdoc cref="LogLifecycle.HasFailed"/>
    internal bool HasFailed => _context.Lifecycle.HasFailed;

    /// <summary>The producers as of the reserved end.</summary>
    internal AppendProducers Producers { get; }

    internal LogFlusher Flusher { get; }

    /// <summary>The operations of retention and cleaning.</summary>
    internal LogUpkeep Upkeep { get; }

    internal LogReader Reader { get; }

    /// <summary>Finds offsets by time.</summary>
    internal TimestampLookup Timestamps { get; }

    /// <summary>Compares leader epochs.</summary>
    internal EpochLookup Epochs { get; }

    /// <summary>The leader epoch that is written into every batch.</summary>
    internal int LeaderEpoch => Epochs.Latest;

    internal LogSegment[] Segments => _segments.All;

    /// <summary>The segment that receives appends.</summary>
    internal LogSegment Active => _segments.Active;

    /// <inheritdoc cref="LogOffsets.Start"/>
    internal long LogStartOffset => _offsets.Start;

    /// <inheritdoc cref="LogOffsets.LastStable"/>
    internal long LastStableOffset => _offsets.LastStable;

    /// <summary>The offset at which recovery may begin after a crash.</summary>
    internal long RecoveryPoint => _recoveryPoint.Read();

    /// <summary>
    /// Why the indexer has stopped, so that readers of committed records see no new records;
    /// null while it has not.
    /// </summary>
    internal Exception? IndexerFailure => _indexer.Failure;

    /// <summary>
    /// Whether indexes and producers have caught up with the end. If they have not at a close,
    /// the next startup reads the log again.
    /// </summary>
    internal bool IsIndexed => _indexer.IsComplete;

    /// <inheritdoc cref="LogOffsets.IndexedEnd"/>
    internal long IndexedEnd => _offsets.IndexedEnd;

    /// <summary>Reads the current end of the published prefix.</summary>
    internal LogEnd ReadEnd() => _published.Read();

    /// <summary>Finds the segment that holds an offset, or the last one before it.</summary>
    internal LogSegment FloorSegment(long offset) => _segments.Floor(offset);

    /// <inheritdoc cref="LogAppender.Append(ReadOnlySpan{byte}, BatchFacts?, AppendOrigin)"/>
    internal Appended Append(BuiltBatch batch, AppendOrigin origin = AppendOrigin.Client) => _appender.Append(batch.Span, batch.Facts, origin);

    /// <inheritdoc cref="LogAppender.Append(ReadOnlySpan{byte}, BatchFacts?, AppendOrigin)"/>
    internal Appended Append(ReadOnlySpan<byte> bytes, BatchFacts? facts = null) => _appender.Append(bytes, facts, AppendOrigin.Client);

    /// <inheritdoc cref="LogAppender.Append(in ReadOnlySequence{byte})"/>
    internal Appended Append(in ReadOnlySequence<byte> bytes) => _appender.Append(bytes);

    /// <inheritdoc cref="LogAppender.Append(TransactionMarker)"/>
    internal Appended Append(TransactionMarker marker) => _appender.Append(marker);

    /// <summary>
    /// Whether an append that ends at this offset makes the number of records that are not
    /// durable reach <c>flush.messages</c>.
    /// </summary>
    internal bool MustFlush(long endOffset) => Settings.FlushMessages != long.MaxValue && endOffset - Flusher.DurableEnd >= Settings.FlushMessages;

    /// <inheritdoc cref="PublishedEnd.WhenPublished"/>
    internal ValueTask<ErrorCode> WhenPublished(long endOffset) => _published.WhenPublished(endOffset);

    /// <summary>Adds a waiter for the published end, or for the last stable offset.</summary>
    internal void AddWaiter(OffsetWaiter waiter, IsolationLevel isolation)
    {
        OffsetWaiters waiters = isolation == IsolationLevel.ReadCommitted ? _indexer.Stable.Waiters : _published.Waiters;
        waiters.Add(waiter, _context.Lifecycle);
    }

    /// <inheritdoc cref="LogOffsets.TryMoveStart"/>
    internal bool DeleteRecords(long beforeOffset) => _offsets.TryMoveStart(beforeOffset);

    /// <inheritdoc cref="LogUpkeep.FlushSealed"/>
    internal IoResult FlushSealed() => Upkeep.FlushSealed();

    /// <summary>
    /// Removes producers that have been idle for the expiration time and have no open
    /// transaction; returns how many.
    /// </summary>
    /// <inheritdoc cref="AppendProducers.Expire"/>
    internal int ExpireProducers(long nowMs, long expirationMs, ExpiryTime wall)
    {
        IReadOnlyList<KeyValuePair<long, long>> forgotten = Producers.Expire(nowMs, expirationMs, wall);
        if (forgotten.Count > 0)
        {
            _indexer.Forget(forgotten);
        }

        return forgotten.Count;
    }

    /// <summary>
    /// Applies new settings now; those of a segment's layout from the next segment on.
    /// </summary>
    internal void Apply(LogSettings settings)
    {
        using (Upkeep.Lock.Enter())
        {
            _context.Settings.Value = settings;
            Active.Plan(settings.SegmentBytes);
        }
    }

    /// <summary>
    /// Stops appends and leaves the files as a clean shutdown does; see
    /// <see cref="LogCloser"/>. Call once.
    /// </summary>
    internal IoResult Close()
    {
        using (Upkeep.Lock.Enter())
        {
            _context.Lifecycle.Advance(LogState.Closing);
        }

        IoResult result = Closer().Close();
        IoResult settled = Upkeep.Remover.DeleteAll();
        return result.IsOk ? settled : result;
    }

    /// <summary>
    /// Ends the log of a deleted topic: nothing more is appended, rolled, cleaned, flushed, or
    /// read from files by their names. When this returns, its folder may be renamed and another
    /// log may have the name. <see cref="Release"/> follows.
    /// </summary>
    internal IoResult Abandon()
    {
        _context.Directory.Abandon();
        using (Upkeep.Lock.Enter())
        {
            _context.Lifecycle.Advance(LogState.Closing);
        }

        return Closer().Abandon();
    }

    /// <summary>
    /// Releases the log's own leases on its files; leases of readers stay valid. Call after
    /// <see cref="Close"/>.
    /// </summary>
    internal void Release()
    {
        _context.Lifecycle.Advance(LogState.Closed);
        foreach (LogSegment segment in Segments)
        {
            segment.Close();
        }

        _roller.Discard(Active);
    }

    private LogCloser Closer() => new(_context, _segments, _published, _indexer, _roller, Flusher);
}
