namespace Zurau.Engine.Log;

/// <summary>
/// The entries of one index, in the order in which they were added: first those in the index
/// file, then those added since, in memory. One writer at a time adds entries and any thread
/// reads them: the count is published after its entry. In memory they are stored in chunks, so
/// that a long index is never copied and uses no more memory than its entries need. Normally
/// another thread allocates the next chunk in advance (<see cref="MakeRoom"/>), so that an
/// append allocates nothing; otherwise the writer allocates it.
/// </summary>
/// <param name="stored">The entries of the file; null for none.</param>
/// <param name="chunkLength">The number of entries of a chunk.</param>
/// <param name="publishesCountFirst">A planted fault for the test that must detect it.</param>
internal sealed class IndexEntries<T>(StoredEntries<T>? stored = null, int chunkLength = IndexEntries<T>.UsualChunk, bool publishesCountFirst = false)
    where T : struct, IIndexEntry<T>
{
    /// <summary>
    /// The entries of 2 MiB of log at Kafka's index interval: <see cref="PrefaultDuty"/> checks
    /// every MiB.
    /// </summary>
    internal const int UsualChunk = 512;

    private const int MoreChunks = 4;

    private readonly int _storedCount = stored?.Count ?? 0;
    private T[][] _chunks = []; // Owned by the writer; replaced by a longer copy, never changed below the count.
    private T[]? _room; // Set by MakeRoom, taken by the writer.
    private int _count = stored?.Count ?? 0; // Owned by the writer; read by any thread.

    internal int Count => Volatile.Read(ref _count);

    /// <summary>Whether every entry is in the file, and none in memory.</summary>
    internal bool IsStored => Count == _storedCount;

    /// <summary>The current entries; later ones are not included.</summary>
    internal IndexView<T> View
    {
        get
        {
            int count = Volatile.Read(ref _count); // Acquire: the chunks that are read below have at least this many entries.
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
        Volatile.Write(ref _count, count + 1); // Release: a thread that reads the count sees the entry and the chunk that holds it.
    }

    /// <summary>Allocates a chunk if the writer will soon need it. Any thread.</summary>
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
