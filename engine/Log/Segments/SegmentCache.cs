namespace Zurau.Engine.Log;

/// <summary>
/// Keeps the number of open and mapped segments of a broker below a budget: the kernel allows a
/// process some 65,000 maps. Full segments that were not read for a while are unmapped and
/// closed, and are opened again when they are read. Second-chance eviction, not LRU. One short
/// lock; the only work under it is closing files.
/// </summary>
internal sealed class SegmentCache(int budget)
{
    private const int MostTries = 32;
    private readonly Lock _lock = new();
    private readonly Queue<LogSegment> _open = new();

    /// <summary>
    /// Counts a segment that has been opened and will not be appended to; closes others if
    /// there are too many.
    /// </summary>
    internal void Add(LogSegment segment)
    {
        lock (_lock)
        {
            _open.Enqueue(segment);
            for (int i = 0; i < MostTries && _open.Count > 0 && (_open.Count > budget || _open.Peek().IsClosed); i++)
            {
                LogSegment oldest = _open.Dequeue();
                if (oldest.WasRead || !oldest.TryEvict())
                {
                    oldest.WasRead = false;
                    _open.Enqueue(oldest);
                }
            }
        }
    }
}
