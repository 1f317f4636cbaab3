using Zurau.Engine.Records;

namespace Zurau.Engine.Log;

/// <summary>
/// A segment's sparse index from timestamps to offsets, in memory. An entry says: up to the batch that ends with this offset, no
/// timestamp is larger than this one. Timestamps and offsets both grow from entry to entry. Written by the one holder of the log's
/// derived-state flag; read by anyone.
/// </summary>
internal sealed class TimeIndex
{
    private readonly IndexEntries<Entry> _entries = new();
    private long _maxTimestamp = -1; // Holder's; anyone reads the timestamp.
    private int _offsetOfMax;

    internal int Count => _entries.Count;

    /// <summary>The largest timestamp of the segment so far; -1 for none.</summary>
    internal long MaxTimestamp => Volatile.Read(ref _maxTimestamp);

    internal IndexView<Entry> Entries => _entries.View;

    /// <summary>Takes a batch into the largest timestamp; of equal ones the first counts.</summary>
    internal void Note(long timestamp, int relativeLastOffset)
    {
        if (timestamp > _maxTimestamp)
        {
            _offsetOfMax = relativeLastOffset;
            Volatile.Write(ref _maxTimestamp, timestamp);
        }
    }

    /// <summary>Adds what was noted where it says more than the last entry.</summary>
    internal void AppendNoted()
    {
        IndexView<Entry> entries = Entries;
        if (_maxTimestamp >= 0 && (entries.IsEmpty || _maxTimestamp > entries[^1].Timestamp))
        {
            Append(new Entry(_maxTimestamp, _offsetOfMax));
        }
    }

    internal void Append(Entry entry)
    {
        _entries.Add(entry);
        Note(entry.Timestamp, entry.RelativeOffset);
    }

    /// <summary>Takes memory for just so many entries. Before anybody else knows the index.</summary>
    internal void Reserve(int count) => _entries.Reserve(count);

    /// <summary>Makes memory ready for coming entries.</summary>
    internal void MakeRoom() => _entries.MakeRoom();

    /// <summary>Finds the last entry before which no timestamp reaches the one asked for: where to begin to scan. False where there is none.</summary>
    internal bool TryFloor(long timestamp, out Entry entry)
    {
        IndexView<Entry> entries = Entries;
        int low = 0;
        int high = entries.Length - 1;
        entry = default;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            if (entries[middle].Timestamp < timestamp)
            {
                entry = entries[middle];
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return high >= 0;
    }

    internal readonly record struct Entry(long Timestamp, int RelativeOffset);
}
