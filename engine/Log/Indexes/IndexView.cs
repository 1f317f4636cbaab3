using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>A snapshot of an index's entries. They no longer change.</summary>
internal readonly struct IndexView<T>(StoredEntries<T>? stored, T[][] chunks, int chunkLength, int length)
    where T : struct, IIndexEntry<T>
{
    /// <summary>The number of entries of the first chunk: most indexes are short.</summary>
    internal const int FirstChunk = 16;

    internal int Length => length;

    internal bool IsEmpty => length == 0;

    /// <summary>Whether some entries are in the index file.</summary>
    internal bool HasStored => stored is not null;

    private int StoredCount => stored?.Count ?? 0;

    /// <summary>Reads an entry; an error if it is in a file that cannot be read.</summary>
    internal IoResult Read(int index, out T entry)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)length);
        int inMemory = index - StoredCount;
        if (inMemory < 0)
        {
            return stored!.Read(index, out entry);
        }

        (int chunk, int slot) = ChunkOf(inMemory, chunkLength);
        entry = chunks[chunk][slot];
        return IoResult.Ok;
    }

    /// <summary>Finds the chunk and the slot of an entry that is in memory.</summary>
    internal static (int Chunk, int Slot) ChunkOf(int index, int chunkLength) =>
        index < FirstChunk ? (0, index) : (((index - FirstChunk) / chunkLength) + 1, (index - FirstChunk) % chunkLength);

    /// <summary>
    /// Reads all entries into an array; an error if they are in a file that cannot be read.
    /// </summary>
    internal IoResult ReadAll(out T[] entries)
    {
        entries = new T[length];
        IoResult result = IoResult.Ok;
        for (int i = 0; i < length && result.IsOk; i++)
        {
            result = Read(i, out entries[i]);
        }

        return result;
    }

    /// <summary>
    /// Finds the last entry whose key is at most the requested one. False if there is none, or
    /// if it is in a file that cannot be read: the caller then scans from the segment's
    /// beginning. In a damaged file an entry other than the last may be found.
    /// </summary>
    internal bool TryFloor(long key, out T floor)
    {
        floor = default;
        int low = 0;
        int high = length - 1;
        if (StoredCount > 0 && StoredCount < length)
        {
            // The first entry in memory decides whether the file or the memory is searched.
            if (!Read(StoredCount, out T first).IsOk)
            {
                return false;
            }

            (low, high) = first.Key <= key ? (StoredCount, high) : (low, StoredCount - 1);
        }

        bool isFound = false;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            if (!Read(middle, out T entry).IsOk)
            {
                return false;
            }

            if (entry.Key <= key)
            {
                floor = entry;
                isFound = true;
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return isFound;
    }
}
