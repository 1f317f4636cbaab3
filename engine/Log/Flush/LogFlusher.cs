using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// Flushes one log and completes the waiters: one flush serves all waiters from before it
/// began. A failed flush is final: the page cache may have dropped what was not written, so a
/// second flush would acknowledge lost data.
/// </summary>
internal sealed class LogFlusher
{
    private const string Component = "flush";
    private const int AwaitedMs = 1000;
    private const int WriteAgainBytes = 1 << 20;
    private const long NeverMs = long.MinValue / 2; // Half, so that the time since then does not overflow.
    private readonly LogContext _context;
    private readonly SegmentList _segments;
    private readonly PublishedEnd _published;
    private readonly LeaderEpochs _leaderEpochs;
    private readonly OffsetWaiters _waiters;
    private readonly GroupCommitWait _groupCommit;
    private readonly FlushAhead _ahead = new();
    private readonly IoLock _flushing; // Held by the flush that is in progress.
    private LogSegment _durableSegment; // This and the next field belong to the holder of _flushing.
    private int _syncedDirectory;
    private volatile bool _isFolderDurable; // Set by the holder of _flushing, read by any thread.
    private long _durableEnd; // Written by the holder of _flushing, read by any thread.
    private long _awaitedMs = NeverMs;
    private int _directoryChanges;
    private int _isRequested;
    private volatile bool _isRefusing; // Whether the last flush failed and may be tried again.
    private DutyQueue<LogFlusher>? _deferred; // The queue of the duty that found a flush in progress; this log is added to it after that flush.

    internal LogFlusher(LogContext context, SegmentList segments, PublishedEnd published, RecoveredLog recovered)
    {
        long durableEnd = recovered.RecoveryPoint;
        _context = context;
        _segments = segments;
        _published = published;
        _leaderEpochs = recovered.LeaderEpochs;
        _durableEnd = durableEnd;
        _isFolderDurable = recovered.IsFolderDurable;
        _flushing = new IoLock(context.Hooks, LogPoint.WaitFlush);
        _durableSegment = segments.Floor(durableEnd);
        _groupCommit = new GroupCommitWait(context.Time, context.Hooks);
        _waiters = new OffsetWaiters(() => Volatile.Read(ref _durableEnd), context.Hooks);
    }

    internal LogContext Context => _context;

    internal PublishedEnd Published => _published;

    /// <summary>Everything below this offset survives a power loss.</summary>
    internal long DurableEnd => Volatile.Read(ref _durableEnd);

    /// <summary>
    /// Whether the file names in the log's folder and its small files are on disk, except for
    /// segments since the last flush.
    /// </summary>
    internal bool IsFolderDurable => _isFolderDurable;

    /// <summary>The error of the last flush that failed. Any thread.</summary>
    internal IoResult Failure { get; private set; }

    /// <summary>
    /// Whether a flush has had waiters within the last second: set by the flush, cleared by
    /// <see cref="UpdateIsAwaited"/>.
    /// </summary>
    internal bool IsAwaited { get; private set; }

    /// <summary>Requests a flush; false if one is requested already and has not begun.</summary>
    internal bool TryRequest() => Interlocked.Exchange(ref _isRequested, 1) == 0;

    /// <summary>
    /// Clears <see cref="IsAwaited"/> after a second without waiters; if this overwrites the
    /// value of a concurrent flush, the next flush sets it again.
    /// </summary>
    internal bool UpdateIsAwaited() => IsAwaited = _context.NowMs - Volatile.Read(ref _awaitedMs) < AwaitedMs;

    /// <summary>
    /// Notes that a file was named: the next flush makes the directory durable too.
    /// </summary>
    internal void NoteDirectoryChanged() => Interlocked.Increment(ref _directoryChanges);

    /// <summary>
    /// Completes when a published offset is durable too. If <paramref name="needsFlush"/> is
    /// true the caller must request a flush; it is false if one is requested already and has
    /// not begun.
    /// </summary>
    internal ValueTask<ErrorCode> WhenDurable(long endOffset, out bool needsFlush)
    {
        needsFlush = false;
        if (DurableEnd >= endOffset)
        {
            return new ValueTask<ErrorCode>(ErrorCode.None);
        }

        _context.Hooks?.At(LogPoint.WaiterBeforeAdd);
        var completion = new Completion(_context.Hooks);
        _waiters.Add(new OffsetWaiter(completion, endOffset));
        _groupCommit.NoteJoined();
        if (_context.Lifecycle.State != LogState.Open || _context.Lifecycle.HasFailed)
        {
            // The close or the failed flush may have failed the waiters just before this one
            // was added.
            _waiters.Fail(_context.Lifecycle.HasFailed ? ErrorCode.KafkaStorageError : ErrorCode.NotLeaderOrFollower);
        }
        else
        {
            needsFlush = TryRequest();
        }

        return new ValueTask<ErrorCode>(completion.Task);
    }

    /// <summary>
    /// Flushes when the senders that the last flush served have appended again, so that one
    /// flush serves them all; see <see cref="GroupCommitWait"/>. Returns false and does nothing
    /// while another flush of this log is in progress: the duty serves other logs, and this log
    /// is requested again after that flush.
    /// </summary>
    internal bool TryFlushGroup(DutyQueue<LogFlusher> requests)
    {
        Volatile.Write(ref _awaitedMs, _context.NowMs);
        IsAwaited = true;
        _groupCommit.Wait();
        if (!_flushing.TryEnter())
        {
            // Full fence, partner of the one in FlushHeld: either the other flush sees the
            // queue, or this thread finds the lock free.
            Interlocked.Exchange(ref _deferred, requests);
            if (!_flushing.TryEnter())
            {
                return false;
            }

            Interlocked.Exchange(ref _deferred, null);
        }

        if (FlushHeld().IsOk)
        {
            _ahead.Prepare(_published.Read()); // While the served senders append again.
        }

        return true;
    }

    /// <summary>
    /// Flushes what is published now; returns null if another flush is in progress.
    /// </summary>
    internal IoResult? TryFlushNow() => _flushing.TryEnter() ? FlushHeld() : null;

    /// <summary>
    /// Flushes what is published now and completes its waiters. Waits for another flush that is
    /// in progress.
    /// </summary>
    internal IoResult FlushNow()
    {
        _flushing.Acquire();
        return FlushHeld();
    }

    /// <summary>Waits for a flush that is in progress.</summary>
    internal void WaitForFlush()
    {
        _flushing.Acquire();
        _flushing.Exit();
    }

    /// <summary>Flushes; the caller holds <see cref="_flushing"/>, which is released.</summary>
    private IoResult FlushHeld()
    {
        IoResult result;
        bool mayRepeat = false;
        bool hadFailed = _context.Lifecycle.HasFailed;
        try
        {
            // From here on a new waiter requests another flush. Full fence, partner of the one
            // in WhenDurable: the batch of a waiter that did not request one is published
            // before the end is read below.
            Interlocked.Exchange(ref _isRequested, 0);
            _context.Hooks?.At(LogPoint.FlushBegun);
            result = hadFailed ? IoResult.DeviceError
                : _context.Directory.IsAbandoned ? IoResult.Ok // The names may belong to another log. Its waiters are failed.
                : FlushSegments(out mayRepeat);
            Failure = result.IsOk || hadFailed ? Failure : result;
            mayRepeat |= result.IsFlushRepeatable && !hadFailed;
            if (mayRepeat)
            {
                // The directory could not be opened, a signal ended the wait, or it was a small
                // file: no record was dropped. The next flush tries again.
                _waiters.Fail(ErrorCode.KafkaStorageError);
            }
            else if (!result.IsOk)
            {
                FailLog();
            }
        }
        finally
        {
            _flushing.Exit();
            Interlocked.MemoryBarrier(); // Partner of the exchange in TryFlushGroup.
            Interlocked.Exchange(ref _deferred, null)?.Add(this);
        }

        if (!hadFailed && (!result.IsOk || _isRefusing))
        {
            Show(result, mayRepeat);
        }

        return result;
    }

    /// <summary>
    /// Fails all waiters: the flush that they wait for was not completed, so their records may
    /// not be durable. They may wait again.
    /// </summary>
    internal void RefuseWaiters()
    {
        // The request is cleared first: a waiter that is added after it requests another flush.
        Interlocked.Exchange(ref _isRequested, 0);
        _waiters.Fail(ErrorCode.KafkaStorageError);
    }

    internal void FailWaiters(ErrorCode error) => _waiters.Fail(error);

    /// <inheritdoc cref="LeaderEpochs.IsFileStale"/>
    internal bool AreEpochsStale => _leaderEpochs.IsFileStale;

    /// <summary>
    /// Ends the log: it stays readable, and nothing more is appended or acknowledged.
    /// </summary>
    internal void FailLog()
    {
        _context.Lifecycle.Fail();
        _waiters.Fail(ErrorCode.KafkaStorageError);
    }

    private void Show(IoResult result, bool mayRepeat)
    {
        _isRefusing = mayRepeat;
        if (result.IsOk)
        {
            _context.Health.Clear(Component);
        }
        else
        {
            _context.Health.Report(
                Component,
                mayRepeat
                    ? $"A flush to disk was not completed: {result}. Appends with acks=all are refused until one is."
                    : $"A flush to disk failed: {result}. The partition is readable and accepts no appends; check the disk, then open the data directory again.");
        }
    }

    /// <param name="mayRepeat">Whether a failure dropped nothing, so that another flush may
    /// succeed: no descriptor, or a small file of the folder.</param>
    private IoResult FlushSegments(out bool mayRepeat)
    {
        mayRepeat = false;
        long began = _context.Time.GetTimestamp();

        // The end is read first, then the count of directory changes: a segment gets its name
        // before its records can be published.
        LogEnd end = _published.Read();
        int directoryChanges = Volatile.Read(ref _directoryChanges);
        _context.Hooks?.At(LogPoint.FlushEndKnown);
        for (LogSegment segment = _durableSegment; ; segment = segment.Next!) // Ends at the segment of the published end.
        {
            while (!segment.TryAcquire())
            {
                if (_context.Lifecycle.State == LogState.Closed)
                {
                    return IoResult.Ok; // The log was closed meanwhile; its waiters were failed.
                }

                // Removed, or replaced by a cleaned one that is on disk: what is not durable
                // yet is in the segments of the list.
                segment = _segments.Floor(segment.BaseOffset);
            }

            try
            {
                // All bytes of an evicted segment are on disk.
                IStorageFile? file = segment.File;
                IoResult result = file is null ? IoResult.Ok : WriteAgain(segment, file);
                result = result.IsOk && file is not null ? file.FlushData() : result;
                segment.IsFlushed = result.IsOk && segment != end.Segment;
                if (!result.IsOk && !result.IsFlushRepeatable)
                {
                    FailLog(); // Before anything that could throw: if a failed flush were forgotten, the next one would acknowledge lost data.
                }

                if (!result.IsOk)
                {
                    return result;
                }
            }
            finally
            {
                segment.Release();
            }

            if (segment.BaseOffset >= end.Segment.BaseOffset)
            {
                break;
            }
        }

        IoResult small = _isFolderDurable ? IoResult.Ok : FlushSmallFiles();
        if (!small.IsOk)
        {
            mayRepeat = true;
            return small;
        }

        if (directoryChanges != _syncedDirectory || !_isFolderDurable)
        {
            IoResult result = _context.Directory.Sync();
            if (!result.IsOk)
            {
                return result;
            }

            _syncedDirectory = directoryChanges;
            _isFolderDurable = true;
        }

        _context.Hooks?.At(LogPoint.FlushDone);
        _durableSegment = end.Segment;
        Interlocked.Exchange(ref _durableEnd, end.Offset);
        _context.Hooks?.At(LogPoint.FlushMoved);
        _groupCommit.NoteFlushed(_waiters.Complete(), began);
        return IoResult.Ok;
    }

    /// <summary>
    /// Flushes the small files of the folder with the first flush of records: as long as no
    /// record is durable, startup can create them again. The caller flushes the directory.
    /// </summary>
    private IoResult FlushSmallFiles()
    {
        try
        {
            _leaderEpochs.Store();
        }
        catch (StorageException exception)
        {
            return new IoResult(exception.Errno == 0 ? IoResult.DeviceError.Errno : exception.Errno);
        }

        IoResult result = _context.Directory.Storage.Open($"{_context.Directory.Path}/{LogFiles.PartitionMetadataFile}", FileOpening.Existing, out IStorageFile? file);
        using (file)
        {
            return result.IsOk ? file!.FlushData() : result.UnlessNotFound();
        }
    }

    private static IoResult WriteAgain(LogSegment segment, IStorageFile file)
    {
        int length;
        for (int position = 0; position < segment.DoubtfulBytes; position += length) // A position after the end could overflow int.
        {
            length = Math.Min(WriteAgainBytes, segment.DoubtfulBytes - position);
            IoResult result = file.Write(position, segment.Bytes(position, length));
            if (!result.IsOk)
            {
                return result;
            }
        }

        segment.DoubtfulBytes = 0;
        return IoResult.Ok;
    }
}
