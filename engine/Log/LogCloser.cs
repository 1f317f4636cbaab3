using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>Ends a log: nothing is appended any more, and its files are what a clean shutdown leaves.</summary>
internal sealed class LogCloser(
    LogContext context, SegmentList segments, PublishedEnd published, LogIndexer indexer, SegmentRoller roller, LogFlusher flusher)
{
    /// <summary>
    /// Stops appends: seals the last segment, waits for copies under way, cuts the tail and flushes, so that the files are what a clean
    /// shutdown leaves. Call once.
    /// </summary>
    internal IoResult Close()
    {
        try
        {
            return SealAndFlush();
        }
        finally
        {
            FailWaiters(); // Whether or not it succeeded, nothing is appended or flushed any more.
        }
    }

    /// <summary>Stops appends and fails all waiters; the files stay as they are, for they are to be deleted. Call once.</summary>
    internal IoResult Abandon()
    {
        try
        {
            return Seal(out _, out _);
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

        indexer.CatchUp(); // It may have found a segment that could not be read, and no append has come since.
        if (result.IsOk && !indexer.IsComplete)
        {
            // Indexes and producers that lack the end, or have half of it: a clean startup would trust them. The caller sees that the log is not derived.
            return IoResult.Ok;
        }

        result = result.IsOk ? indexer.WriteSnapshot() : result;
        return result.IsOk ? IndexFiles.Complete(context.Directory.Storage, context.Directory.Path, segments.All) : result;
    }

    // Where nothing was appended. The file's own length: an allocation that failed may have given it blocks.
    private bool IsOnDisk(LogSegment last, long word) =>
        !context.Lifecycle.HasFailed
        && flusher.DurableEnd == published.Read().Offset
        && last.DoubtfulBytes == 0
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

            // Copies under way are waited for, and a roll under way: it may just be linking one more segment.
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
        published.FailWaiters(ErrorCode.NotLeaderOrFollower);
        indexer.Stable.FailWaiters(ErrorCode.NotLeaderOrFollower);
        flusher.FailWaiters(ErrorCode.NotLeaderOrFollower);
    }

    private IoResult SealForClose(LogSegment segment, out long word)
    {
        while (true) // Ends with the seal: each failure is an appender's reservation, and the closing state admits no more of them.
        {
            word = Volatile.Read(ref segment.Reservation);
            if (SegmentWord.IsSealed(word))
            {
                return roller.Finish(segment);
            }

            // Whoever sees this seal sees the state too, and does not roll.
            if (Interlocked.CompareExchange(ref segment.Reservation, word | SegmentWord.Seal, word) == word)
            {
                word |= SegmentWord.Seal;
                return IoResult.Ok;
            }
        }
    }
}
