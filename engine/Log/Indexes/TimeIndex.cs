namespace Zurau.Engine.Log;

/// <summary>
/// A segment's sparse index from timestamps to offsets. Timestamps and offsets both ascend.
/// Written by the one holder of the indexer's flag; read by any thread.
/// </summary>
/// <param name="stored">The entries of the index file; null for none.</param>
/// <param name="last">The last of them.</param>
internal sealed class TimeIndex(StoredEntries<TimeEntry>? stored = null, TimeEntry? last = null)
{
    private readonly IndexEntries<TimeEntry> _entries = new(stored);
    private long _maxTimestamp = last?.Timestamp ?? -1; // Owned by the flag's holder; any thread reads the timestamp.
    private int _offsetOfMax = last?.RelativeOffset ?? 0;
    private long _lastTimestamp = last?.Timestamp ?? -1; // Of the last entry; owned by the flag's holder.

    internal int Count => _entries.Count;

    /// <summary>The largest timestamp of the segment so far; -1 for none.</summary>
    internal long MaxTimestamp => Volatile.Read(ref _maxTimestamp);

    /// <inheritdoc cref="IndexEntries{T}.IsStored"/>
    internal bool IsStored => _entries.IsStored;

    internal IndexView<TimeEntry> Entries => _entries.View;

    /// <summary>
    /// Updates the largest timestamp with that of a batch; of equal ones the first is kept.
    /// </summary>
    internal void Note(long timestamp, int relativeLastOffset)
    {
        if (timestamp > _maxTimestamp)
        {
            _offsetOfMax = relativeLastOffset;
            Volatile.Write(ref _maxTimestamp, timestamp);
        }
    }

    /// <summary>Adds the noted timestamp if it is larger than that of the last entry.</summary>
    internal void AppendNoted()
    {
        if (_maxTimestamp > _lastTimestamp)
        {
            _entries.Add(new TimeEntry(_maxTimestamp, _offsetOfMax));
            _lastTimestamp = _maxTimestamp;
        }
    }

    /// <summary>Allocates memory for the next entries in advance.</summary>
    internal void MakeRoom() => _entries.MakeRoom();

    /// <summary>
    /// Finds the last entry up to which every timestamp is smaller than the requested one, from
    /// which to scan. False if there is none.
    /// </summary>
    internal bool TryFloor(long timestamp, out TimeEntry entry)
    {
        entry = default;
        return timestamp > 0 && Entries.TryFloor(timestamp - 1, out entry);
    }
}
