using Zurau.Engine.Common;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// A log's segments in the order of their offsets, at least one. Readers use a snapshot of the
/// array; a segment that was removed is still linked to its successor. Appenders add at the
/// end; retention and cleaning, one at a time, remove and replace segments before the active
/// one. Each change is one compare-and-swap of the whole array.
/// </summary>
internal sealed class SegmentList
{
    private readonly LogContext _context;
    private LogSegment[] _segments; // Never changed in place.
    private LogSegment _active; // Receives appends; advanced by the helper that links the next segment.

    internal SegmentList(LogContext context, LogSegment[] recovered)
    {
        _context = context;
        _segments = recovered;
        _active = recovered[^1];
        Array.ForEach(recovered[..^1], segment => context.SegmentCache?.Add(segment)); // The active one is added when it is full.
    }

    internal LogSegment[] All => Volatile.Read(ref _segments);

    /// <summary>The segment that receives appends.</summary>
    internal LogSegment Active => Volatile.Read(ref _active);

    /// <summary>
    /// Finds the segment that holds an offset, or the last one before it, or the first one if
    /// there is none before it.
    /// </summary>
    internal LogSegment Floor(long offset)
    {
        LogSegment[] segments = Volatile.Read(ref _segments);
        int low = 0;
        int high = segments.Length - 1;
        while (low < high)
        {
            int middle = (low + high + 1) >>> 1;
            if (segments[middle].BaseOffset <= offset)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return segments[low];
    }

    /// <summary>
    /// Adds a named segment for readers and appenders; every helper of a roll may repeat it.
    /// True for the one helper that linked it, which calls <see cref="NoteFull"/> after it has
    /// pushed the published end.
    /// </summary>
    internal bool Link(LogSegment segment, LogSegment next)
    {
        // Readers must find it before the published end can reach it, and the end reaches it
        // through the link.
        Add(segment, next);
        _context.Hooks?.At(LogPoint.RollListed);
        bool isLinker = Interlocked.CompareExchange(ref segment.Next, next, null) is null;
        _context.Hooks?.At(LogPoint.RollLinked);
        Interlocked.CompareExchange(ref _active, next, segment);
        return isLinker;
    }

    /// <summary>
    /// Notes that a segment receives no more appends: its last append was now at the latest,
    /// and its file may be closed when it is flushed.
    /// </summary>
    internal void NoteFull(LogSegment segment)
    {
        segment.NoteModified(_context.NowMs);
        _context.SegmentCache?.Add(segment);
    }

    /// <summary>
    /// Opens and maps a segment that was evicted. The caller holds a lease on it.
    /// </summary>
    internal IoResult EnsureMapped(LogSegment segment)
    {
        IoResult result = segment.EnsureMapped(_context.Directory.Storage, out bool wasEvicted);
        if (!segment.WasRead)
        {
            segment.WasRead = true; // Only if it changes something: readers and appenders share the cache line.
        }

        if (wasEvicted)
        {
            _context.SegmentCache?.Add(segment);
        }

        // The file was opened by its name and may belong to a later topic.
        return _context.Directory.IsAbandoned ? IoResult.NotFound : result;
    }

    /// <summary>
    /// Returns the error if the file of a leased segment cannot be read; null if the segment
    /// was removed or replaced, so that another try finds others.
    /// </summary>
    internal ErrorCode? WhyUnreadable(LogSegment segment) =>
        _context.Directory.IsAbandoned ? ErrorCode.NotLeaderOrFollower
        : segment.IsGivenUp && _context.Lifecycle.State != LogState.Closed ? null
        : ErrorCode.KafkaStorageError;

    /// <summary>
    /// Returns the error if a segment is closed; null if it was removed or replaced, so that
    /// another try finds others.
    /// </summary>
    internal ErrorCode? WhyClosed() => _context.Lifecycle.State == LogState.Closed ? ErrorCode.NotLeaderOrFollower : null;

    /// <summary>
    /// Replaces adjacent segments; an empty replacement removes them. False if they are no
    /// longer adjacent. The last segment is never among them.
    /// </summary>
    internal bool TryReplace(ReadOnlySpan<LogSegment> old, ReadOnlySpan<LogSegment> replacement)
    {
        LogSegment[] segments = Volatile.Read(ref _segments);
        while (true) // Ends with the compare-and-swap: each failure is a segment that was added.
        {
            int at = Array.IndexOf(segments, old[0]);
            if (at < 0 || at + old.Length >= segments.Length || !old.SequenceEqual(segments.AsSpan(at, old.Length)))
            {
                return false;
            }

            LogSegment[] replaced = [.. segments.AsSpan(0, at), .. replacement, .. segments.AsSpan(at + old.Length)];
            LogSegment[] seen = Interlocked.CompareExchange(ref _segments, replaced, segments);
            if (seen == segments)
            {
                return true;
            }

            segments = seen;
        }
    }

    private void Add(LogSegment last, LogSegment next)
    {
        LogSegment[] segments = Volatile.Read(ref _segments);
        while (segments[^1] == last)
        {
            LogSegment[] seen = Interlocked.CompareExchange(ref _segments, [.. segments, next], segments);
            if (seen == segments)
            {
                return;
            }

            segments = seen;
        }
    }
}
