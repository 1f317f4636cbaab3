namespace Zurau.Engine.Log;

/// <summary>
/// The entries of one index, in the order in which they were added: those that are in the index file already, then those that were added
/// since, in memory. Added by one writer at a time, read by anyone: the count is published after its entry. In memory they lie in chunks, so
/// that a long index is never copied and takes no more than its entries need. The next chunk is best made by another thread before it is
/// needed (<see cref="MakeRoom"/>), so that an append allocates nothing; if that comes too late, the writer makes it.
/// </summary>
/// <param name="stored">The entries of the file; null for none.</param>
/// <param name="chunkLength">Entries of a chunk.</param>
/// <param name="publishesCountFirst">A planted fault, for the test that has to notice it.</param>
internal sealed class IndexEntries<T>(StoredEntries<T>? stored = null, int chunkLength = IndexEntries<T>.UsualChunk, bool publishesCountFirst = false)
    where T : struct, IIndexEntry<T>
{
    /// <summary>Entries of two MiB of log at Kafka's index interval: <see cref="PrefaultDuty"/> checks every MiB.</summary>
    internal const int UsualChunk = 512;

    private const int MoreChunks = 4;

    private readonly int _storedCount = stored?.Count ?? 0;
    private T[][] _chunks = []; // The writer's; replaced by a longer copy, never changed below the count.
    private T[]? _room; // Made by whoever makes room, taken by the writer.
    private int _count = stored?.Count ?? 0; // The writer's; read by anyone.

    internal int Count => Volatile.Read(ref _count);

    /// <summary>Whether every entry is in the file, and none in memory.</summary>
    internal bool IsStored => Count == _storedCount;

    /// <summary>The entries that there are now; later ones do not show.</summary>
    internal IndexView<T> View
    {
        get
        {
            int count = Volatile.Read(ref _count); // Acquire: the chunks that are read below have at least so many.
            return new IndexView<T>(stored, Volatile.Read(ref _chunks), chunkLength, count);
        }
    }

    internal void Add(T entry)
    {
        int count = _count;
        ref T place = ref PlaceOf(count - _storedCount);
        if (publishesCountFirst)
        {
            Volatile.Write(ref _count, count + 1);
        }

        place = entry;
        Volatile.Write(ref _count, count + 1); // Release: whoever reads the count sees the entry and the chunk that holds it.
    }

    /// <summary>Makes a chunk ready if the writer will soon need it. Any thread.</summary>
    internal void MakeRoom()
    {
        (int chunk, int slot) = IndexView<T>.ChunkOf(Count - _storedCount, chunkLength);
        bool isNear = slot == 0 || slot >= LengthOf(chunk) / 2;
        if (isNear && Volatile.Read(ref _room) is null)
        {
            Interlocked.CompareExchange(ref _room, new T[LengthOf(slot == 0 ? chunk : chunk + 1)], null);
        }
    }

    private int LengthOf(int chunk) => chunk == 0 ? IndexView<T>.FirstChunk : chunkLength;

    private ref T PlaceOf(int index)
    {
        (int chunk, int slot) = IndexView<T>.ChunkOf(index, chunkLength);
        if (slot == 0)
        {
            T[][] chunks = _chunks;
            if (chunk == chunks.Length)
            {
                Array.Resize(ref chunks, Math.Max(MoreChunks, chunk * 2));
            }

            T[]? room = Interlocked.Exchange(ref _room, null);
            chunks[chunk] = room?.Length == LengthOf(chunk) ? room : new T[LengthOf(chunk)];
            Volatile.Write(ref _chunks, chunks);
        }

        return ref _chunks[chunk][slot];
    }
}
