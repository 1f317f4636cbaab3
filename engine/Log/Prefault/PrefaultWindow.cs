namespace Zurau.Engine.Log;

/// <summary>
/// The memory of a log that is prepared for its next appends. Belongs to
/// <see cref="PrefaultDuty"/>, except for the request flags. If the file system has large pages
/// the log gets these: writable if flushes have no waiters, and clean otherwise, because each
/// flush would write them. Without large pages only logs whose appenders store to the mapping
/// get pages.
/// </summary>
internal sealed class PrefaultWindow(LogContext context, SegmentList segments, LogFlusher flusher, SegmentRoller roller)
{
    private const int LargePage = 2 * 1024 * 1024;
    private const int WindowMs = 10;
    private const int MaxWindowBytes = 8 * 1024 * 1024;
    private const int MinWindowBytes = 256 * 1024;
    private const int MinWindowBytesIfAwaited = 1024 * 1024;

    internal LogContext Context => context;

    internal int IsRequested;
    internal volatile bool IsStoredTo; // Set by appenders that store to the mapping, cleared by the duty.
    private LogSegment? _segment;
    private int _preparedEnd;
    private long _seenBytes;
    private long _seenMs;

    /// <summary>
    /// Prepares the memory of the next appends, sized by the rate of the last ones.
    /// </summary>
    internal void Advance(long nowMs)
    {
        LogSegment segment = segments.Active;
        bool isStoredTo = IsStoredTo;
        IsStoredTo = false;
        if (!segment.TryAcquireForAppend())
        {
            return;
        }

        // An append lease, although nothing is appended: a close waits for append leases. So it
        // does not close the files of the segment and its spare meanwhile, and no spare is
        // created after it has discarded the last one. Acquired before the state is read;
        // partner of the close.
        try
        {
            if (context.Lifecycle.State == LogState.Open)
            {
                Advance(segment, nowMs, isStoredTo);
            }
        }
        finally
        {
            segment.ReleaseAppend();
        }
    }

    private void Advance(LogSegment segment, long nowMs, bool isStoredTo)
    {
        int position = SegmentWord.Position(Volatile.Read(ref segment.Reservation));
        if (segment != _segment)
        {
            // A new segment continues at the rate of the last one; the first one is as old as its
            // file, or as the start that opened it.
            _seenBytes -= _segment is null ? 0 : SegmentWord.Position(Volatile.Read(ref _segment.Reservation));
            _seenMs = _segment is null ? nowMs - (context.NowMs - segment.CreatedMs) : _seenMs;
            _segment = segment;
            _preparedEnd = segment.LargePagesEnd;
        }

        long elapsedMs = Math.Max(1, nowMs - _seenMs);
        long window = Math.Min((position - _seenBytes) * WindowMs / elapsedMs, MaxWindowBytes);
        _seenBytes = position;
        _seenMs = nowMs;
        segment.MakeIndexRoom();

        // Flushes that have waiters prefer a log that is not prepared: with large pages its
        // batches are written, which costs more than the page faults of small stores.
        bool isFlushAwaited = flusher.UpdateIsAwaited();
        if (window >= (isFlushAwaited ? MinWindowBytesIfAwaited : MinWindowBytes))
        {
            _preparedEnd = Prepare(segment, Math.Max(position, _preparedEnd), position + Math.Max(window, 1 << PrefaultDuty.RequestShift), isStoredTo, isFlushAwaited);
            if (position > FullAt(segment) - (4 * MaxWindowBytes) && roller.Prepare(segment).IsOk && segment.Spare is { } spare)
            {
                Prepare(spare, spare.AllocatedEnd, MaxWindowBytes, isStoredTo, isFlushAwaited);
            }
        }
    }

    private int FullAt(LogSegment segment) => Math.Min(context.Settings.Value.SegmentBytes, segment.Capacity);

    /// <summary>
    /// Prepares a range and returns the prepared end; it is smaller if the file cannot grow.
    /// </summary>
    private int Prepare(LogSegment segment, int start, long wantedEnd, bool isStoredTo, bool isFlushAwaited)
    {
        int end = (int)Math.Min(wantedEnd, FullAt(segment));
        if (end <= start || !segments.EnsureMapped(segment).IsOk || !segment.Extend(end).IsOk)
        {
            return start;
        }

        if (TryPrepareLarge(segment, start, end, isFlushAwaited) is int prepared)
        {
            return prepared;
        }

        if (isStoredTo)
        {
            segment.PopulateForWrite(start, end - start);
        }

        return end;
    }

    // Begins at the next whole large page, because pages that have batches are small already;
    // ends at the end of a large page, but not past the file's blocks.
    private static int? TryPrepareLarge(LogSegment segment, int start, int end, bool isFlushAwaited)
    {
        int position = (int)Math.Min(((long)start + LargePage - 1) / LargePage * LargePage, segment.AllocatedEnd);
        int last = (int)Math.Min(((long)end + LargePage - 1) / LargePage * LargePage, segment.AllocatedEnd);
        while (position < last)
        {
            int length = Math.Min(LargePage, last - position);
            if (!segment.TryUseLargePages(position, length))
            {
                return null;
            }

            if (isFlushAwaited)
            {
                if (!segment.PopulateForRead(position, length).IsOk)
                {
                    break; // Not ready; the next call tries again from here.
                }
            }
            else
            {
                segment.PopulateForWrite(position, length);
            }

            position += length;
            segment.LargePagesEnd = position;
        }

        return Math.Max(start, position);
    }
}
