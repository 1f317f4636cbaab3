using Zurau.Engine.Records;

namespace Zurau.Engine.Log;

/// <summary>
/// Counts the bytes and batches that a recovery truncates, without trailing zeros. Not
/// thread-safe.
/// </summary>
internal sealed class DiscardedTail
{
    internal long Bytes { get; private set; }

    /// <summary>The number of complete batches among them.</summary>
    internal int Batches { get; private set; }

    /// <summary>
    /// Counts a segment's bytes from a position on. They are mapped and in memory.
    /// </summary>
    internal void Count(LogSegment segment, int from, int length)
    {
        int end = segment.Bytes(0, length).LastIndexOfAnyExcept((byte)0) + 1;
        Bytes += Math.Max(0, end - from);
        while (end - from >= BatchLayout.LogOverhead)
        {
            ReadOnlySpan<byte> rest = segment.Bytes(from, length - from);
            long size = BatchLayout.SizeOf(rest);
            if (RecordBatchView.TryRead(rest, out RecordBatchView batch) && batch.IsCrcValid())
            {
                Batches++;
            }
            else if (size < BatchLayout.HeaderSize || size > rest.Length)
            {
                return;
            }

            from += (int)size;
        }
    }
}
