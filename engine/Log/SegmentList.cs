namespace Zurau.Engine.Log;

/// <summary>
/// A log's segments in the order of their offsets, at least one. Readers take the array as it is and find a segment that left it still
/// linked to what followed it. Appenders add at the end; retention and cleaning, of which one runs at a time, take away and replace in
/// front of the active segment. Each change is one compare-and-swap of the whole array.
/// </summary>
internal sealed class SegmentList(LogSegment[] segments)
{
    private LogSegment[] _segments = segments; // Never changed in place.

    internal LogSegment[] All => Volatile.Read(ref _segments);

    /// <summary>The segment that holds an offset, or the last one before it, or the first one where there is none before it.</summary>
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

    /// <summary>Adds the successor of the last segment; every helper of a roll may repeat it.</summary>
    internal void Add(LogSegment last, LogSegment next)
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

    /// <summary>
    /// Puts segments in the place of neighbours; none at all takes the neighbours away. False where these do not stand side by side any
    /// more. The last segment is never among them.
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
}
