namespace Zurau.Inspection;

/// <summary>
/// Checks the <c>.index</c> and <c>.timeindex</c> of a segment against its batches.
/// </summary>
internal sealed class IndexCheck(PartitionCheck partition, long baseOffset, IReadOnlyList<SegmentBatch> batches, bool isFlushed)
{
    /// <param name="isComplete">True if the segment was closed or rolled, so that its
    /// indexes are complete.</param>
    internal void Run(bool isComplete)
    {
        CheckOffsets();
        CheckTimes(isComplete);
    }

    private void CheckOffsets()
    {
        string name = FileNames.Of(baseOffset, FileNames.OffsetIndex);
        if (Read(name, IndexEntry.Size, FindingKind.OffsetIndex) is not { } bytes)
        {
            return;
        }

        var byPosition = batches.ToDictionary(static batch => batch.Position, static batch => batch.LastOffset);
        var last = new IndexEntry(-1, -1);
        for (int i = 0; i < bytes.Length; i += IndexEntry.Size)
        {
            IndexEntry entry = IndexEntry.Read(bytes.AsSpan(i));
            long offset = baseOffset + entry.RelativeOffset;
            if (IsZero(bytes.AsSpan(i)))
            {
                Add(FindingKind.OffsetIndex, name, i, partition.EndOffset, $"{bytes.Length - i} zero bytes follow the last entry");
                return;
            }

            if (entry.RelativeOffset <= last.RelativeOffset || entry.Position <= last.Position)
            {
                Add(FindingKind.OffsetIndex, name, i, offset, $"the entry (offset {offset}, position {entry.Position}) does not follow (offset {baseOffset + last.RelativeOffset}, position {last.Position})");
            }

            if (!byPosition.TryGetValue(entry.Position, out long lastOffset))
            {
                Add(FindingKind.OffsetIndex, name, i, offset, $"no batch begins at the entry's position {entry.Position}");
            }
            else if (lastOffset != offset)
            {
                Add(FindingKind.OffsetIndex, name, i, offset, $"the batch at position {entry.Position} ends with offset {lastOffset}, but the entry has {offset}");
            }

            last = entry;
        }
    }

    private void CheckTimes(bool isComplete)
    {
        string name = FileNames.Of(baseOffset, FileNames.TimeIndex);
        if (Read(name, TimeIndexEntry.Size, FindingKind.TimeIndex) is not { } bytes)
        {
            return;
        }

        int next = 0; // The first batch that is not included in the largest timestamp.
        var max = new TimeIndexEntry(-1, 0);
        var last = new TimeIndexEntry(-1, 0);
        for (int i = 0; i < bytes.Length; i += TimeIndexEntry.Size)
        {
            TimeIndexEntry entry = TimeIndexEntry.Read(bytes.AsSpan(i));
            long offset = baseOffset + entry.RelativeOffset;
            for (; next < batches.Count && batches[next].LastOffset <= offset; next++)
            {
                if (batches[next].MaxTimestamp > max.Timestamp)
                {
                    max = new TimeIndexEntry(batches[next].MaxTimestamp, (int)(batches[next].LastOffset - baseOffset));
                }
            }

            // A zero entry is valid for a record with timestamp 0.
            if (IsZero(bytes.AsSpan(i)) && entry != max)
            {
                Add(FindingKind.TimeIndex, name, i, partition.EndOffset, $"{bytes.Length - i} zero bytes follow the last entry");
                return;
            }

            if (i > 0 && (entry.Timestamp <= last.Timestamp || entry.RelativeOffset < last.RelativeOffset))
            {
                Add(FindingKind.TimeIndex, name, i, offset, $"the entry (timestamp {entry.Timestamp}, offset {offset}) does not follow (timestamp {last.Timestamp}, offset {baseOffset + last.RelativeOffset})");
            }

            if (entry != max && entry.RelativeOffset >= last.RelativeOffset)
            {
                Add(FindingKind.TimeIndex, name, i, offset, $"up to offset {offset} the largest timestamp is {max.Timestamp} (offset {baseOffset + max.RelativeOffset}), but the entry has {entry.Timestamp}");
            }

            last = entry;
        }

        long largest = batches.Count == 0 ? -1 : batches.Max(static batch => batch.MaxTimestamp);
        if (isComplete && largest >= 0 && last.Timestamp < largest)
        {
            Add(FindingKind.TimeIndex, name, bytes.Length, -1, $"its last timestamp is {last.Timestamp}, but the largest of the segment is {largest}");
        }
    }

    private byte[]? Read(string name, int entrySize, FindingKind kind)
    {
        byte[]? bytes = partition.Files.ReadAll($"{partition.Folder}/{name}");
        if (bytes is null)
        {
            if (batches.Count > 0)
            {
                partition.Add(kind, name, -1, partition.EndOffset, "it is missing", "The next startup creates it", isExpected: !isFlushed && !partition.IsClean);
            }

            return null;
        }

        if (bytes.Length % entrySize != 0)
        {
            Add(kind, name, bytes.Length - (bytes.Length % entrySize), -1, $"its length of {bytes.Length} bytes is not a multiple of the entry size {entrySize}");
            return bytes[..^(bytes.Length % entrySize)];
        }

        return bytes;
    }

    private void Add(FindingKind kind, string name, long position, long offset, string what) => partition.AddDerived(kind, name, position, offset, what, isFlushed);

    private static bool IsZero(ReadOnlySpan<byte> bytes) => bytes.IndexOfAnyExcept((byte)0) < 0;
}
