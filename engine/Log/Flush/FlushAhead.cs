namespace Zurau.Engine.Log;

/// <summary>
/// Makes small flushes that somebody waits for cheaper. The first flush to write a block has the file system's journal note that the block
/// holds data now, which is near half of that flush's time. So the pages that the next flushes will write are made dirty ahead, zeros as
/// they are, and one flush of several notes them all. Only a help. Belongs to the thread that flushes for those who wait.
/// </summary>
internal sealed class FlushAhead
{
    private const int Flushes = 16;
    private const int LeastBytes = 16 * 1024; // Less is a page or two, and a log that hardly moves would have all of it written twice.
    private const int MostBytes = 256 * 1024; // The one flush that writes them takes less than twice its time.
    private LogSegment? _segment;
    private int _position;
    private int _preparedEnd;

    /// <summary>Prepares what comes behind the end, judged by how far the end has moved since the last flush.</summary>
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

        // To pages of 2 MiB nobody stores while flushes are waited for: a dirty one would be written whole.
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
