namespace Zurau.Engine.Log;

/// <summary>
/// A segment's sparse index from offsets to byte positions, in memory. An entry says: the batch at this position ends with this
/// offset. Written by the one holder of the log's derived-state flag; read by anyone.
/// </summary>
/// <param name="publishesCountFirst">A planted fault, for the test that has to notice it.</param>
internal sealed class OffsetIndex(bool publishesCountFirst = false)
{
    private readonly IndexEntries<long> _entries = new(publishesCountFirst: publishesCountFirst);

    internal int Count => _entries.Count;

    /// <summary>The entries, each as <see cref="SegmentWord"/> packs a relative last offset and a position.</summary>
    internal IndexView<long> Entries => _entries.View;

    internal void Append(int relativeLastOffset, int position) => _entries.Add(SegmentWord.Pack(relativeLastOffset, position));

    /// <summary>Takes memory for just so many entries. Before anybody else knows the index.</summary>
    internal void Reserve(int count) => _entries.Reserve(count);

    /// <summary>Makes memory ready for coming entries.</summary>
    internal void MakeRoom() => _entries.MakeRoom();

    /// <summary>Finds the greatest indexed position whose batch ends at or before the offset: where to begin to scan; 0 where there is none.</summary>
    internal int FloorPosition(int relativeOffset) => SegmentWord.Position(FloorEntry(relativeOffset));

    /// <summary>As <see cref="FloorPosition"/>, the whole entry.</summary>
    internal long FloorEntry(int relativeOffset)
    {
        IndexView<long> entries = Entries;
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
