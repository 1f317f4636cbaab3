namespace Zurau.Engine.Log;

/// <summary>
/// Makes small flushes that have waiters cheaper. The first flush of a block makes the file
/// system's journal record that the block holds data, which is nearly half of the flush's time.
/// So the pages that the next flushes will write are made dirty in advance, still zero, and one
/// of several flushes records them all. Only an optimization. Used only by the flusher thread
/// that serves waiters.
/// </summary>
internal sealed class FlushAhead
{
    private const int Flushes = 16;
    private const int LeastBytes = 16 * 1024; // Less is a page or two, and a slow log would write all of it twice.
    private const int MostBytes = 256 * 1024; // The flush that writes them takes less than twice as long.
    private LogSegment? _segment;
    private int _position;
    private int _preparedEnd;

    /// <summary>
    /// Prepares the pages after the end, sized by how far the end has moved since the last
    /// flush.
    /// </summary>
    internal void Prepare(LogEnd end)
    {
        bool isSameSegment = end.Segment == _segment;
        int moved = isSameSegment ? end.Position - _position : 0;
        _preparedEnd = isSameSegment ? _preparedEnd : 0;
        _segment = end.Segment;
        _position = end.Position;
        bool isDue = moved is >= LeastBytes / Flushes and <= MostBytes / 2 && _preparedEnd - end.Position <= moved;
        if (!isDue || !end.Segment.TryAcquire())
        {
            return;
        }

        // Pages of 2 MiB are not stored to while flushes have waiters: a dirty one would be
        // written whole.
        int start = Math.Max(end.Position, _preparedEnd);
        int preparedEnd = (int)Math.Min((long)end.Position + Math.Min(moved * Flushes, MostBytes), end.Segment.AllocatedEnd);
        if (preparedEnd > start && end.Segment.LargePagesEnd <= end.Position && end.Segment.IsMapped)
        {
            end.Segment.PopulateForWrite(start, preparedEnd - start);
            _preparedEnd = preparedEnd;
        }

        end.Segment.Release();
    }
}
