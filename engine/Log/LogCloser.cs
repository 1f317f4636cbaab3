using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// Closes a log: it accepts no more appends, and its files are those of a clean shutdown.
/// </summary>
internal sealed class LogCloser(
    LogContext context, SegmentList segments, PublishedEnd published, LogIndexer indexer, SegmentRoller roller, LogFlusher flusher)
{
    /// <summary>
    /// Stops appends: seals the last segment, waits for copies in progress, truncates the tail
    /// and flushes, so that the files are those of a clean shutdown. Call once.
    /// </summary>
    internal IoResult Close()
    {
        try
        {
            return SealAndFlush();
        }
        finally
        {
            FailWaiters(); // Whether or not it succeeded, nothing more is appended or flushed.
        }
    }

    /// <summary>
    /// Stops appends and fails all waiters; the files are left unchanged because they will be
    /// deleted. Waits for threads that open files by name, in the flusher and the indexer: the
    /// directory is abandoned, so no other begins. Call once.
    /// </summary>
    internal IoResult Abandon()
    {
        try
        {
            IoResult result = Seal(out _, out _);
            flusher.WaitForFlush();
            indexer.WaitForHolder();
            return result;
        }
        finally
        {
            FailWaiters();
        }
    }

    private IoResult SealAndFlush()
    {
        IoResult result = Seal(out LogSegment last, out long word);
        if (!result.IsOk)
        {
            return result;
        }

        if (!IsOnDisk(last, word))
        {
            result = context.Lifecycle.HasFailed ? IoResult.DeviceError : last.Trim(word);
            result = result.IsOk ? flusher.FlushNow() : result;
        }

        indexer.CatchUp(); // An earlier attempt may have failed to read a segment, and no append has followed since.
        if (result.IsOk && !indexer.IsComplete)
        {
            // Indexes and producers are incomplete, and a clean startup would trust them, so
            // they are not written. The caller sees from IsIndexed that they are incomplete.
            return IoResult.Ok;
        }

        result = result.IsOk ? indexer.WriteSnapshot() : result;
        return result.IsOk ? IndexFiles.Complete(context.Directory.Storage, context.Directory.Path, segments.All) : result;
    }

    // True if nothing was appended and no file of the folder is out of date. Reads the file's
    // length: a failed allocation may have extended it.
    private bool IsOnDisk(LogSegment last, long word) =>
        !context.Lifecycle.HasFailed
        && flusher.DurableEnd == published.Read().Offset
        && last.DoubtfulBytes == 0
        && !flusher.AreEpochsStale
        && last.File is { } file && file.Length(out long length).IsOk && length == SegmentWord.Position(word);

    private IoResult Seal(out LogSegment last, out long word)
    {
        do
        {
            last = segments.Active;
            if (SealForClose(last, out word) is { IsOk: false } failed)
            {
                return failed;
            }

            context.Hooks?.At(LogPoint.CloseSealed);

            // Waits for copies in progress, and for a roll in progress: it may be linking
            // another segment.
            while (segments.All.Any(static segment => segment.HasAppenders))
            {
                LogHooks.Wait(context.Hooks, LogPoint.WaitAppenders);
            }
        }
        while (segments.Active != last);
        return IoResult.Ok;
    }

    private void FailWaiters()
    {
        published.Waiters.Fail(ErrorCode.NotLeaderOrFollower);
        indexer.Stable.Waiters.Fail(ErrorCode.NotLeaderOrFollower);
        flusher.FailWaiters(ErrorCode.NotLeaderOrFollower);
    }

    private IoResult SealForClose(LogSegment segment, out long word)
    {
        while (true) // Ends with the seal: each failure is an appender's reservation, and the closing state allows no new ones.
        {
            word = Volatile.Read(ref segment.Reservation);
            if (SegmentWord.IsSealed(word))
            {
                return roller.Finish(segment);
            }

            // A thread that sees this seal sees the state too, and does not roll.
            if (Interlocked.CompareExchange(ref segment.Reservation, word | SegmentWord.Seal, word) == word)
            {
                word |= SegmentWord.Seal;
                return IoResult.Ok;
            }
        }
    }
}
