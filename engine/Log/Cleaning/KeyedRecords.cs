using Zurau.Engine.Records;

namespace Zurau.Engine.Log.Cleaning;

/// <summary>
/// Some records of a batch, with the fields that a cleaning needs. They are read ahead, so that
/// the slots of their keys, which are spread over a large map, are prefetched while the next
/// records are read. Not thread-safe.
/// </summary>
internal sealed class KeyedRecords
{
    private const int Capacity = 256;
    private readonly Entry[] _entries = new Entry[Capacity];
    private int _count;

    internal ReadOnlySpan<Entry> Entries => _entries.AsSpan(0, _count);

    /// <summary>Reads the next records; false if none are left.</summary>
    /// <exception cref="InvalidRecordException">The bytes do not follow the format.</exception>
    internal bool Read(ref RecordReader records, OffsetMap map)
    {
        _count = 0;
        while (_count < Capacity && records.Read())
        {
            ref Entry entry = ref _entries[_count++];
            entry.Offset = records.Offset;
            entry.Timestamp = records.Timestamp;
            entry.EndPosition = records.EndPosition;
            entry.HasKey = !records.IsKeyNull;
            entry.HasValue = !records.IsValueNull;
            entry.Hash = entry.HasKey ? map.Prepare(records.Key) : default;
        }

        return _count > 0;
    }

    internal struct Entry
    {
        internal UInt128 Hash; // Hash of the key, if there is one.
        internal long Offset;
        internal long Timestamp;
        internal int EndPosition; // End of the record within the batch's records.
        internal bool HasKey;
        internal bool HasValue;
    }
}
