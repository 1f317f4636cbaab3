namespace Zurau.Engine.Log;

/// <summary>
/// A segment's sparse index from offsets to byte positions, in memory. An entry says: the batch at this position ends with this
/// offset. Written by the one holder of the log's derived-state flag; read by anyone: the count is published behind its entry.
/// </summary>
/// <param name="publishesCountFirst">A planted fault, for the test that has to notice it.</param>
internal sealed class OffsetIndex(bool publishesCountFirst = false)
{
    private long[] _entries = []; // SegmentWord.Pack(relative last offset, position); replaced by a longer copy, never changed in place.
    private int _count;

    internal int Count => Volatile.Read(ref _count);

    /// <summary>The entries, each as <see cref="SegmentWord"/> packs a relative last offset and a position.</summary>
    internal ReadOnlySpan<long> Entries
    {
        get
        {
            int count = Volatile.Read(ref _count);
            return Volatile.Read(ref _entries).AsSpan(0, count);
        }
    }

    internal void Append(int relativeLastOffset, int position)
    {
        int count = _count;
        long[] entries = _entries;
        if (count == entries.Length)
        {
            Array.Resize(ref entries, Math.Max(16, count * 2));
            Volatile.Write(ref _entries, entries);
        }

        if (publishesCountFirst)
        {
            Volatile.Write(ref _count, count + 1);
        }

        Volatile.Write(ref entries[count], SegmentWord.Pack(relativeLastOffset, position));
        Volatile.Write(ref _count, count + 1); // Release: whoever reads the count sees the entry and the array that holds it.
    }

    /// <summary>Finds the greatest indexed position whose batch ends at or before the offset: where to begin to scan; 0 where there is none.</summary>
    internal int FloorPosition(int relativeOffset) => SegmentWord.Position(FloorEntry(relativeOffset));

    /// <summary>As <see cref="FloorPosition"/>, the whole entry.</summary>
    internal long FloorEntry(int relativeOffset)
    {
        ReadOnlySpan<long> entries = Entries;
        int low = 0;
        int high = entries.Length - 1;
        long found = 0;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            if (SegmentWord.RelativeOffset(entries[middle]) <= relativeOffset)
            {
                found = entries[middle];
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return found;
    }
}
