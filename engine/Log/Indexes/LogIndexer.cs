using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// Indexes published batches in log order: offset, time and transaction indexes, producers for
/// snapshots, and the last stable offset. One writer at a time: the thread that moved the
/// published end sets a flag, catches up, clears the flag and reads the end again. Appends do
/// not wait.
/// </summary>
internal sealed class LogIndexer
{
    private const string Component = "derived state";
    private readonly LogContext _context;
    private readonly SegmentList _segments;
    private readonly PublishedEnd _published;
    private LogSegment _segment; // Advanced by the flag's holder, read by any thread.
    private int _position; // The fields from here to _snapshotOffset belong to the flag's holder.
    private int _relativeEnd;
    private IndexBuilder _index;
    private readonly LoggedProducers _producers;
    private long _snapshotOffset;
    private readonly long? _durableSnapshot; // Offset of the snapshot that recovery found.
    private readonly List<long> _tornSnapshots = []; // Snapshots that could neither be written whole nor deleted: on a failing disk, at most one per roll.
    private long _indexedEnd; // Written by the flag's holder, read by any thread.
    private int _flag;
    private volatile bool _isLagging; // Written by the flag's holder: the last attempt to read the segment failed.
    private volatile Exception? _failure; // Once it is set, the flag stays set forever.

    internal LogIndexer(LogContext context, SegmentList segments, PublishedEnd published, RecoveredLog recovered)
    {
        _context = context;
        _segments = segments;
        _published = published;
        _segment = recovered.Segments[^1];
        _position = SegmentWord.Position(_segment.Published);
        _relativeEnd = SegmentWord.RelativeOffset(_segment.Published);
        _index = new IndexBuilder(context.Settings.Value.IndexIntervalBytes, recovered.BytesSinceIndexEntry);
        _indexedEnd = _segment.BaseOffset + _relativeEnd;
        _producers = recovered.Producers;
        _durableSnapshot = recovered.SnapshotOffset;
        Stable = new LastStableOffset(context, _producers.FirstUnstableOffset ?? _indexedEnd);
    }

    /// <summary>Moved by the flag's holder after everything that readers find below it.</summary>
    internal LastStableOffset Stable { get; }

    /// <summary>
    /// The segment that is being indexed: those before it are final and are not read any more.
    /// </summary>
    internal LogSegment Segment => Volatile.Read(ref _segment);

    /// <summary>Why indexing has stopped permanently; null while it has not.</summary>
    internal Exception? Failure => _failure;

    /// <summary>Whether everything that is published is indexed, in the last segment too.</summary>
    internal bool IsComplete => _failure is null && !IsBehind(_published.Read());

    /// <summary>The exclusive end of the indexed records; at most the published end.</summary>
    internal long End => Volatile.Read(ref _indexedEnd);

    /// <summary>
    /// Catches up after a push has moved the published end, then completes its waiters.
    /// </summary>
    internal void FollowPush()
    {
        _context.Hooks?.At(LogPoint.PushMoved);
        CatchUp();
        _published.Waiters.Complete();
    }

    /// <summary>
    /// Indexes what is published, unless another thread is indexing: that thread reads the end
    /// again.
    /// </summary>
    internal void CatchUp()
    {
        while (IsBehind(_published.Read()))
        {
            if (Interlocked.CompareExchange(ref _flag, 1, 0) != 0)
            {
                return; // Its holder reads the end again after it clears the flag.
            }

            _context.Hooks?.At(LogPoint.IndexerEntered);
            bool isOpen;
            try
            {
                isOpen = IndexTo(_published.Read());
            }
            catch (Exception exception) when (exception is not IProcessEnd)
            {
                // An invalid marker, or out of memory within a batch: producers and indexes may
                // have a part of the batch, so the flag stays set and the last stable offset
                // never passes it. Appends and uncommitted reads continue; opening the log
                // again rebuilds everything. Nothing is thrown: the batch of the calling
                // appender is published.
                _failure = exception;
                Show($"{exception.GetType().Name}: {exception.Message} Readers of committed records see nothing after offset {Stable.Read()}; open the data directory again.", exception);
                return;
            }

            // Full fence, partner of the pusher's compare-and-swap on the published end: either
            // the pusher finds the flag clear, or this loop finds the end that it moved.
            Interlocked.Exchange(ref _flag, 0);
            _context.Hooks?.At(LogPoint.IndexerLeft);
            Stable.Waiters.Complete();
            if (!isOpen)
            {
                return;
            }
        }
    }

    /// <summary>
    /// Writes a durable producer snapshot at the end of the log, for the next startup. The log
    /// accepts no appends any more.
    /// </summary>
    internal IoResult WriteSnapshot()
    {
        long offset = Volatile.Read(ref _indexedEnd);
        if (offset == _durableSnapshot || offset == 0)
        {
            return IoResult.Ok; // Nothing was appended.
        }

        IoResult result = DeleteTornSnapshots();
        result = result.IsOk ? WriteSnapshot(offset) : result;
        return result.IsOk ? ProducerSnapshot.Flush(_context.Directory.Storage, _context.Directory.Path, offset) : result;
    }

    /// <summary>Copies the current producers, by id; null if indexing has stopped.</summary>
    internal IReadOnlyDictionary<long, LoggedProducer>? CopyProducers()
    {
        Dictionary<long, LoggedProducer>? copy = null;
        WithProducers(() => copy = _producers.All.ToDictionary(static producer => producer.ProducerId));
        return copy;
    }

    /// <summary>
    /// Removes expired producers, by id with the end offset of each one's last batch.
    /// </summary>
    internal void Forget(IReadOnlyList<KeyValuePair<long, long>> producers) => WithProducers(() =>
    {
        foreach ((long producerId, long endOffset) in producers)
        {
            _producers.Forget(producerId, endOffset);
        }
    });

    /// <summary>
    /// Waits for the thread that holds the flag: it may be writing files. Does nothing if
    /// indexing has stopped.
    /// </summary>
    internal void WaitForHolder() => WithProducers(static () => { });

    /// <summary>
    /// Sets the flag for an operation on the producers; does nothing if indexing has stopped.
    /// </summary>
    private void WithProducers(Action work)
    {
        while (Interlocked.CompareExchange(ref _flag, 1, 0) != 0) // Ends when the holder has caught up, or failed.
        {
            if (_failure is not null)
            {
                return;
            }

            LogHooks.Wait(_context.Hooks, LogPoint.WaitLock);
        }

        try
        {
            work();
        }
        finally
        {
            Interlocked.Exchange(ref _flag, 0);
            CatchUp(); // Threads that found the flag set rely on this check.
        }
    }

    // The calling thread has published a batch, or does other work: a failed report must not
    // fail it.
    private void Show(string reason, Exception? exception)
    {
        try
        {
            _context.Health.Report(Component, reason, exception);
        }
        catch (OutOfMemoryException)
        {
            // There is no memory to report with.
        }
    }

    /// <summary>
    /// Whether the end is not reached, also if a segment was begun and has no batches yet.
    /// </summary>
    private bool IsBehind(LogEnd end) => Volatile.Read(ref _indexedEnd) < end.Offset || Segment.BaseOffset < end.Segment.BaseOffset;

    private bool IndexTo(LogEnd end)
    {
        while (true) // Ends at the published end: each iteration passes a segment.
        {
            if (!_segment.TryAcquire())
            {
                return false;
            }

            try
            {
                // A segment that filled up while the flag's holder was paused may have been
                // evicted: its index files become stale only when its first batch is indexed
                // here.
                IoResult mapped = _segments.EnsureMapped(_segment);
                if (!mapped.IsOk)
                {
                    _isLagging = true;
                    Show($"'{_segment.Path}' could not be read: {mapped}. Readers of committed records see nothing after offset {Stable.Read()} until it can be.", null);
                    return false; // The next push and the checkpoint duty try again.
                }

                AddBatches(_segment == end.Segment ? end.Position : SegmentWord.Position(Volatile.Read(ref _segment.Published)));
            }
            finally
            {
                _segment.Release();
            }

            long indexedEnd = _segment.BaseOffset + _relativeEnd;
            _context.Hooks?.At(LogPoint.IndexerRead);
            Stable.MoveTo(_producers.FirstUnstableOffset ?? indexedEnd);
            _context.Hooks?.At(LogPoint.IndexerStable);
            Volatile.Write(ref _indexedEnd, indexedEnd);
            if (_segment == end.Segment)
            {
                if (_isLagging)
                {
                    _isLagging = false;
                    _context.Health.Clear(Component);
                }

                return true;
            }

            // It receives no more appends. Durable files stay unchanged: if they were
            // rewritten, a power loss could tear what recovery trusts.
            if (_segment.IndexFilesState != IndexFilesState.Durable && !_context.Directory.IsAbandoned)
            {
                WriteFiles();
            }

            Volatile.Write(ref _segment, _segment.Next!);
            _position = 0;
            _relativeEnd = 0;
            _index = new IndexBuilder(_context.Settings.Value.IndexIntervalBytes, 0);
        }
    }

    /// <summary>Indexes the segment's batches up to a position.</summary>
    private void AddBatches(int limit)
    {
        while (_position < limit && RecordBatchView.TryRead(_segment.Bytes(_position, limit - _position), out RecordBatchView batch))
        {
            _index.Add(_segment, _position, batch);
            if (_producers.Add(batch) is { } aborted)
            {
                _segment.Transactions.Append(aborted);
            }

            _position += batch.SizeBytes;
            _relativeEnd = (int)(batch.LastOffset + 1 - _segment.BaseOffset);
        }
    }

    /// <summary>
    /// Writes the derived files of a full segment. Best effort: if that fails the close writes
    /// them, or recovery reads more of the log.
    /// </summary>
    private void WriteFiles()
    {
        try
        {
            // The snapshot first: IndexFiles.Complete flushes both once the index files are
            // written, and deletes an incomplete snapshot.
            WriteSnapshot(_segment.Next!.BaseOffset).IgnoreBecause("recovery begins at an older snapshot; the next roll or the close writes one");
            IndexFiles.Write(_context.Directory.Storage, _context.Directory.Path, _segment).IgnoreBecause("they stay stale: the checkpoint duty and the close write them again, and report it");
        }
        catch (OutOfMemoryException)
        {
            // The same as a full disk.
        }
    }

    private IoResult WriteSnapshot(long offset)
    {
        if (offset == _snapshotOffset || offset == 0)
        {
            return IoResult.Ok;
        }

        IoResult result = ProducerSnapshot.Write(_context.Directory.Storage, _context.Directory.Path, offset, _producers.All);
        if (result.IsOk)
        {
            _snapshotOffset = offset;
        }
        else if (!ProducerSnapshot.Delete(_context.Directory.Storage, _context.Directory.Path, offset).IsOk)
        {
            _tornSnapshots.Add(offset);
        }

        return result;
    }

    private IoResult DeleteTornSnapshots()
    {
        IoResult result = IoResult.Ok;
        while (result.IsOk && _tornSnapshots.Count > 0) // Ends: each iteration removes one.
        {
            result = ProducerSnapshot.Delete(_context.Directory.Storage, _context.Directory.Path, _tornSnapshots[^1]);
            if (result.IsOk)
            {
                _tornSnapshots.RemoveAt(_tornSnapshots.Count - 1);
            }
        }

        return result;
    }
}
