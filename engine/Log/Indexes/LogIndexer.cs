using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// Indexes published batches in log order: offset, time and transaction indexes, producers for snapshots, and the last stable offset. One writer at
/// a time: the thread that moved the published end acquires a flag, catches up, releases the flag and reads the end again. Appends do not wait.
/// </summary>
internal sealed class LogIndexer
{
    private const string Component = "derived state";
    private readonly LogContext _context;
    private readonly SegmentList _segments;
    private readonly PublishedEnd _published;
    private LogSegment _segment; // Moved on by the flag's holder, read by anyone.
    private int _position; // Down to _snapshotOffset they belong to the flag's holder.
    private int _relativeEnd;
    private IndexBuilder _index;
    private readonly LoggedProducers _producers;
    private long _snapshotOffset;
    private readonly long? _durableSnapshot; // Of recovery.
    private readonly List<long> _tornSnapshots = []; // Could neither be written whole nor deleted: on a failing disk, at most one for each roll.
    private long _derivedEnd; // Written by the flag's holder, read by anyone.
    private int _flag;
    private volatile bool _isLagging; // Written by the flag's holder: the segment could not be read when it was looked at last.
    private volatile Exception? _failure; // Once there is one, the flag is taken for good.

    internal LogIndexer(LogContext context, SegmentList segments, PublishedEnd published, RecoveredLog recovered)
    {
        _context = context;
        _segments = segments;
        _published = published;
        _segment = recovered.Segments[^1];
        _position = SegmentWord.Position(_segment.Published);
        _relativeEnd = SegmentWord.RelativeOffset(_segment.Published);
        _index = new IndexBuilder(context.Settings.Value.IndexIntervalBytes, recovered.BytesSinceIndexEntry);
        _derivedEnd = _segment.BaseOffset + _relativeEnd;
        _producers = recovered.Producers;
        _durableSnapshot = recovered.SnapshotOffset;
        Stable = new LastStableOffset(context, _producers.FirstUnstableOffset ?? _derivedEnd);
    }

    /// <summary>Moved by the flag's holder after what readers find up to it.</summary>
    internal LastStableOffset Stable { get; }

    /// <summary>The segment that is being derived from: those before it are final and not looked at any more.</summary>
    internal LogSegment Segment => Volatile.Read(ref _segment);

    /// <summary>Why indexing has stopped for good; null while it has not.</summary>
    internal Exception? Failure => _failure;

    /// <summary>Whether all that is published was looked at, in the last segment too.</summary>
    internal bool IsComplete => _failure is null && !IsBehind(_published.Read());

    /// <summary>Up to where records were looked at; at most the published end.</summary>
    internal long End => Volatile.Read(ref _derivedEnd);

    /// <summary>Follows the published end after a push has moved it, then answers those who wait for it.</summary>
    internal void FollowPush()
    {
        _context.Hooks?.At(LogPoint.PushMoved);
        CatchUp();
        _published.CompleteWaiters();
    }

    /// <summary>Indexes what is published, unless another thread does: that one checks again.</summary>
    internal void CatchUp()
    {
        while (IsBehind(_published.Read()))
        {
            if (Interlocked.CompareExchange(ref _flag, 1, 0) != 0)
            {
                return; // Its holder looks again after giving it back.
            }

            _context.Hooks?.At(LogPoint.DeriveTaken);
            bool isOpen;
            try
            {
                isOpen = DeriveTo(_published.Read());
            }
            catch (Exception exception) when (exception is not IProcessEnd)
            {
                // A marker that is none, or memory that ran out halfway through a batch: producers and indexes may have half of it, so the
                // flag stays taken and the last stable offset never passes it. Appends and plain reads go on; opening the log again derives
                // all of it. Nothing is thrown: the batch of the appender that came here is published.
                _failure = exception;
                Show($"{exception.GetType().Name}: {exception.Message} Readers of committed records see nothing after offset {Stable.Read()}; open the data directory again.", exception);
                return;
            }

            // Full fence, partner of the pusher's compare-and-swap on the published end: either the pusher finds the flag free, or this
            // loop finds the end it moved.
            Interlocked.Exchange(ref _flag, 0);
            _context.Hooks?.At(LogPoint.DeriveReleased);
            Stable.CompleteWaiters();
            if (!isOpen)
            {
                return;
            }
        }
    }

    /// <summary>Writes the producers as they are at the end, durably, for the next start. Nobody appends any more.</summary>
    internal IoResult WriteSnapshot()
    {
        long offset = Volatile.Read(ref _derivedEnd);
        if (offset == _durableSnapshot || offset == 0)
        {
            return IoResult.Ok; // Nothing was appended.
        }

        IoResult result = DeleteTornSnapshots();
        result = result.IsOk ? WriteSnapshot(offset) : result;
        return result.IsOk ? ProducerSnapshot.Flush(_context.Directory.Storage, _context.Directory.Path, offset) : result;
    }

    /// <summary>The producers as they are now, by id; null if a damaged marker has stopped indexing.</summary>
    internal IReadOnlyDictionary<long, LoggedProducer>? CopyProducers()
    {
        Dictionary<long, LoggedProducer>? copy = null;
        WithProducers(() => copy = _producers.All.ToDictionary(static producer => producer.ProducerId));
        return copy;
    }

    /// <summary>Leaves out producers that have expired, by id with the end of what each had written.</summary>
    internal void Forget(IReadOnlyList<KeyValuePair<long, long>> producers) => WithProducers(() =>
    {
        foreach ((long producerId, long endOffset) in producers)
        {
            _producers.Forget(producerId, endOffset);
        }
    });

    /// <summary>Takes the flag for some work with the producers; does nothing if indexing has stopped.</summary>
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
            CatchUp(); // Whoever found the flag taken relies on this look.
        }
    }

    // Whoever came here has published a batch, or does something else for the log: a report that fails is not its failure.
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

    /// <summary>Also where a segment was begun and nothing was appended to it yet.</summary>
    private bool IsBehind(LogEnd end) => Volatile.Read(ref _derivedEnd) < end.Offset || Segment.BaseOffset < end.Segment.BaseOffset;

    private bool DeriveTo(LogEnd end)
    {
        while (true) // Ends at the published end: each turn passes a segment.
        {
            if (!_segment.TryAcquire())
            {
                return false;
            }

            try
            {
                // A segment that filled up while the flag's holder slept may have been evicted: its index files are not stale before its
                // first batch is looked at here.
                IoResult mapped = _segments.EnsureMapped(_segment);
                if (!mapped.IsOk)
                {
                    _isLagging = true;
                    Show($"'{_segment.Path}' could not be read: {mapped}. Readers of committed records see nothing after offset {Stable.Read()} until it can be.", null);
                    return false; // The next push tries again, and the checkpoint duty.
                }

                AddBatches(_segment == end.Segment ? end.Position : SegmentWord.Position(Volatile.Read(ref _segment.Published)));
            }
            finally
            {
                _segment.Release();
            }

            long derivedEnd = _segment.BaseOffset + _relativeEnd;
            _context.Hooks?.At(LogPoint.DeriveRead);
            Stable.MoveTo(_producers.FirstUnstableOffset ?? derivedEnd);
            _context.Hooks?.At(LogPoint.DeriveStable);
            Volatile.Write(ref _derivedEnd, derivedEnd);
            if (_segment == end.Segment)
            {
                if (_isLagging)
                {
                    _isLagging = false;
                    _context.Health.Clear(Component);
                }

                return true;
            }

            // Nothing is appended to it any more. Files that are durable stay as they are: written anew, a power cut could tear what recovery trusts.
            if (Volatile.Read(ref _segment.IndexFilesState) != IndexFiles.Durable)
            {
                WriteFiles();
            }

            Volatile.Write(ref _segment, _segment.Next!);
            _position = 0;
            _relativeEnd = 0;
            _index = new IndexBuilder(_context.Settings.Value.IndexIntervalBytes, 0);
        }
    }

    /// <summary>Takes the segment's batches up to a position.</summary>
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

    /// <summary>Writes what follows from a full segment. Best effort: without these files the close writes them, or recovery reads more.</summary>
    private void WriteFiles()
    {
        try
        {
            // The snapshot first: whoever finds the index files written flushes both, and deletes a snapshot that is not complete.
            WriteSnapshot(_segment.Next!.BaseOffset).IgnoreBecause("recovery begins at an older snapshot; the next roll or the close writes one");
            IndexFiles.Write(_context.Directory.Storage, _context.Directory.Path, _segment).IgnoreBecause("they stay stale: the checkpoint duty and the close write them again, and report it");
        }
        catch (OutOfMemoryException)
        {
            // As on a full disk.
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
        while (result.IsOk && _tornSnapshots.Count > 0) // Ends: one fewer each time.
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
