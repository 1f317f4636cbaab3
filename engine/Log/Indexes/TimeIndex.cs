namespace Zurau.Engine.Log;

/// <summary>
/// A segment's sparse index from timestamps to offsets. Timestamps and offsets both grow from entry to entry. Written by the one holder of
/// the indexer's flag; read by anyone.
/// </summary>
/// <param name="stored">The entries of the index file; null for none.</param>
/// <param name="last">The last of them.</param>
internal sealed class TimeIndex(StoredEntries<TimeEntry>? stored = null, TimeEntry? last = null)
{
    private readonly IndexEntries<TimeEntry> _entries = new(stored);
    private long _maxTimestamp = last?.Timestamp ?? -1; // Holder's; anyone reads the timestamp.
    private int _offsetOfMax = last?.RelativeOffset ?? 0;
    private long _lastTimestamp = last?.Timestamp ?? -1; // Of the last entry; holder's.

    internal int Count => _entries.Count;

    /// <summary>The largest timestamp of the segment so far; -1 for none.</summary>
    internal long MaxTimestamp => Volatile.Read(ref _maxTimestamp);

    /// <inheritdoc cref="IndexEntries{T}.IsStored"/>
    internal bool IsStored => _entries.IsStored;

    internal IndexView<TimeEntry> Entries => _entries.View;

    /// <summary>Takes a batch into the largest timestamp; of equal ones the first counts.</summary>
    internal void Note(long timestamp, int relativeLastOffset)
    {
        if (timestamp > _maxTimestamp)
        {
            _offsetOfMax = relativeLastOffset;
            Volatile.Write(ref _maxTimestamp, timestamp);
        }
    }

    /// <summary>Adds what was noted if it says more than the last entry.</summary>
    internal void AppendNoted()
    {
        if (_maxTimestamp > _lastTimestamp)
        {
            _entries.Add(new TimeEntry(_maxTimestamp, _offsetOfMax));
            _lastTimestamp = _maxTimestamp;
        }
    }

    /// <summary>Makes memory ready for coming entries.</summary>
    internal void MakeRoom() => _entries.MakeRoom();

    /// <summary>Finds the last entry before which no timestamp reaches the one asked for: where to begin to scan. False if there is none.</summary>
    internal bool TryFloor(long timestamp, out TimeEntry entry)
    {
        entry = default;
        return timestamp > 0 && Entries.TryFloor(timestamp - 1, out entry);
    }
}
