namespace Zurau.Engine.Log;

/// <summary>
/// A segment's sparse index from offsets to byte positions. Written by the one holder of the
/// indexer's flag; read by any thread.
/// </summary>
/// <param name="stored">The entries of the index file; null for none.</param>
/// <param name="publishesCountFirst">A planted fault for the test that must detect it.</param>
internal sealed class OffsetIndex(StoredEntries<OffsetEntry>? stored = null, bool publishesCountFirst = false)
{
    private readonly IndexEntries<OffsetEntry> _entries = new(stored, publishesCountFirst: publishesCountFirst);

    internal int Count => _entries.Count;

    /// <inheritdoc cref="IndexEntries{T}.IsStored"/>
    internal bool IsStored => _entries.IsStored;

    internal IndexView<OffsetEntry> Entries => _entries.View;

    internal void Append(int relativeLastOffset, int position) => _entries.Add(new OffsetEntry(relativeLastOffset, position));

    /// <summary>Allocates memory for the next entries in advance.</summary>
    internal void MakeRoom() => _entries.MakeRoom();

    /// <summary>
    /// Finds the largest indexed position whose batch ends at or before the offset, from which
    /// to scan; 0 if there is none.
    /// </summary>
    internal int FloorPosition(int relativeOffset) => TryFloor(relativeOffset, out OffsetEntry entry) ? entry.Position : 0;

    /// <summary>
    /// Finds the same entry as <see cref="FloorPosition"/>; false if there is none.
    /// </summary>
    internal bool TryFloor(int relativeOffset, out OffsetEntry entry) => Entries.TryFloor(relativeOffset, out entry);
}
