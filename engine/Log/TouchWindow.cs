namespace Zurau.Engine.Log;

/// <summary>How far a log's memory is ready ahead of its appends. Belongs to <see cref="TouchDuty"/>, but for the request's flag.</summary>
internal sealed class TouchWindow(PartitionLog log, SegmentRoller roller)
{
    internal int IsRequested;
    internal volatile bool IsStoredTo; // Set by appenders that store to the mapping, cleared by the duty.
    private LogSegment? _segment;
    private int _touchedEnd;
    private long _seenBytes;
    private long _seenMs;

    /// <summary>Touches what the log will need in the next moments, judged by the last ones.</summary>
    internal void Advance(long nowMs, int windowMs, int minBytes, int maxBytes)
    {
        LogSegment segment = log.Active;
        bool isStoredTo = IsStoredTo;
        IsStoredTo = false;
        if (log.State != LogState.Open || !segment.TryAcquire())
        {
            return;
        }

        int position = SegmentWord.Position(Volatile.Read(ref segment.Reservation));
        if (segment != _segment)
        {
            // A new segment goes on as fast as the last one did.
            _seenBytes -= _segment is null ? 0 : SegmentWord.Position(Volatile.Read(ref _segment.Reservation));
            _segment = segment;
            _touchedEnd = 0;
        }

        long elapsedMs = Math.Max(1, nowMs - _seenMs);
        long window = Math.Min((position - _seenBytes) * windowMs / elapsedMs, maxBytes);
        _seenBytes = position;
        _seenMs = nowMs;
        segment.MakeIndexRoom();
        if (window >= minBytes)
        {
            Touch(segment, position, (int)window, isStoredTo);
            if (position > Math.Min(log.Settings.SegmentBytes, segment.Capacity) - (4 * maxBytes) && roller.Prepare(segment).IsOk && segment.Spare is { } spare)
            {
                Touch(spare, 0, Math.Min(maxBytes, log.Settings.SegmentBytes), isStoredTo, isSpare: true);
            }
        }

        segment.Release();
    }

    private void Touch(LogSegment segment, int position, int window, bool isStoredTo, bool isSpare = false)
    {
        int end = (int)Math.Min((long)position + window, Math.Min(log.Settings.SegmentBytes, segment.Capacity));
        int start = isSpare ? 0 : Math.Max(position, _touchedEnd);
        if (end <= start || (isSpare && segment.AllocatedEnd >= end) || !log.EnsureMapped(segment).IsOk || !segment.Extend(end).IsOk)
        {
            return;
        }

        if (isStoredTo)
        {
            segment.PopulateForWrite(start, end - start);
        }

        _touchedEnd = isSpare ? _touchedEnd : end;
    }
}
