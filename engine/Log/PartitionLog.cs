using System.Buffers;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// One partition's log, composed of its parts. Appenders reserve, copy and publish without a lock; readers, acknowledgements and the flusher trust
/// one thing: the end of the published prefix. No part knows the log: each is given the parts that it needs. Thread-safe.
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

    /// <param name="context">What the parts share.</param>
    /// <param name="recovered">What recovery found in the folder.</param>
    /// <param name="prefault">Keeps memory ready ahead of the appends; null if nothing does.</param>
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

    /// <summary>What the log's parts share.</summary>
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

    /// <summary>What retention and cleaning need.</summary>
    internal LogUpkeep Upkeep { get; }

    internal LogReader Reader { get; }

    /// <summary>Finds offsets by time.</summary>
    internal TimestampLookup Timestamps { get; }

    /// <summary>Compares leader epochs.</summary>
    internal EpochLookup Epochs { get; }

    /// <summary>Stamped into every batch.</summary>
    internal int LeaderEpoch => Epochs.Latest;

    internal LogSegment[] Segments => _segments.All;

    /// <summary>Where appends go now.</summary>
    internal LogSegment Active => _segments.Active;

    /// <inheritdoc cref="LogOffsets.Start"/>
    internal long LogStartOffset => _offsets.Start;

    /// <inheritdoc cref="LogOffsets.LastStable"/>
    internal long LastStableOffset => _offsets.LastStable;

    /// <summary>Where recovery may begin after a crash.</summary>
    internal long RecoveryPoint => _recoveryPoint.Read();

    /// <summary>Why the indexer has stopped, so that readers of committed records see no more; null while it has not.</summary>
    internal Exception? IndexerFailure => _indexer.Failure;

    /// <summary>Whether indexes and producers have followed to the end. After a close without it, the next startup has to read the log again.</summary>
    internal bool IsIndexed => _indexer.IsComplete;

    /// <inheritdoc cref="LogOffsets.IndexedEnd"/>
    internal long IndexedEnd => _offsets.IndexedEnd;

    /// <summary>The end of the published prefix, now.</summary>
    internal LogEnd ReadEnd() => _published.Read();

    /// <summary>The segment that holds an offset, or the last one before it.</summary>
    internal LogSegment FloorSegment(long offset) => _segments.Floor(offset);

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

    /// <summary>Whether an append that ends here makes more records not durable than <c>flush.messages</c> allows.</summary>
    internal bool MustFlush(long endOffset) => Settings.FlushMessages != long.MaxValue && endOffset - Flusher.DurableEnd >= Settings.FlushMessages;

    /// <inheritdoc cref="PublishedEnd.WhenPublished"/>
    internal ValueTask<ErrorCode> WhenPublished(long endOffset) => _published.WhenPublished(endOffset);

    /// <summary>Adds a waiter for the published end, or for the last stable offset.</summary>
    internal void AddWaiter(OffsetWaiter waiter, IsolationLevel isolation)
    {
        if (isolation == IsolationLevel.ReadCommitted)
        {
            _indexer.Stable.AddWaiter(waiter);
        }
        else
        {
            _published.AddWaiter(waiter);
        }
    }

    /// <inheritdoc cref="LogOffsets.TryMoveStart"/>
    internal bool DeleteRecords(long beforeOffset) => _offsets.TryMoveStart(beforeOffset);

    /// <inheritdoc cref="LogUpkeep.FlushSealed"/>
    internal IoResult FlushSealed() => Upkeep.FlushSealed();

    /// <summary>Forgets producers that have been idle for so long and have no transaction here; returns how many.</summary>
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

    /// <summary>Uses other settings from now on; those of a segment's layout from the next segment on.</summary>
    internal void Apply(LogSettings settings)
    {
        using (Upkeep.Lock.Enter())
        {
            _context.Settings.Value = settings;
            Active.Plan(settings.SegmentBytes);
        }
    }

    /// <summary>Stops appends and leaves the files as a clean shutdown does; see <see cref="LogCloser"/>. Call once.</summary>
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
    /// Ends the log of a topic that is deleted: nothing is appended, rolled, cleaned or read from files by their names any more, and nothing is
    /// flushed. Its folder may be renamed and another log may have the name when this returns. <see cref="Release"/> follows.
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

    /// <summary>Gives up the log's own hold on its files; leases that are out keep theirs. After <see cref="Close"/>.</summary>
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
