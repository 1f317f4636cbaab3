namespace Zurau.Engine.Log;

/// <summary>
/// The entries of one index in memory, in the order in which they were added. Added by one writer at a time, read by anyone: the count is
/// published behind its entry. They lie in chunks, so that a long index is never copied and takes no more than its entries need. The next
/// chunk is best made by somebody else before it is needed (<see cref="MakeRoom"/>), so that an append allocates nothing; the writer makes it
/// itself where that comes too late.
/// </summary>
/// <param name="chunkLength">Entries of a chunk.</param>
/// <param name="publishesCountFirst">A planted fault, for the test that has to notice it.</param>
internal sealed class IndexEntries<T>(int chunkLength = IndexEntries<T>.UsualChunk, bool publishesCountFirst = false)
    where T : struct
{
    /// <summary>Entries of two MiB of log at Kafka's index interval: <see cref="TouchDuty"/> looks every MiB.</summary>
    internal const int UsualChunk = 512;

    private const int FirstChunks = 16;

    private T[] _first = []; // The entries of a file that was read; replaced before anybody else knows the index.
    private T[][] _chunks = []; // Those that came since. The writer's; replaced by a longer copy, never changed below the count.
    private T[]? _room; // Made by whoever makes room, taken by the writer.
    private int _count; // The writer's; read by anyone.

    internal int Count => Volatile.Read(ref _count);

    /// <summary>The entries that there are now; later ones do not show.</summary>
    internal IndexView<T> View
    {
        get
        {
            int count = Volatile.Read(ref _count); // Acquire: the chunks that are read below have at least so many.
            return new IndexView<T>(_first, Volatile.Read(ref _chunks), chunkLength, count);
        }
    }

    internal void Add(T entry)
    {
        int count = _count;
        ref T place = ref count < _first.Length ? ref _first[count] : ref PlaceBehind(count - _first.Length);
        if (publishesCountFirst)
        {
            Volatile.Write(ref _count, count + 1);
        }

        place = entry;
        Volatile.Write(ref _count, count + 1); // Release: whoever reads the count sees the entry and the chunk that holds it.
    }

    /// <summary>Takes memory for just so many entries, of a file that is read. Before anybody else knows the index.</summary>
    internal void Reserve(int count) => _first = new T[count];

    /// <summary>Makes a chunk ready where the writer will soon need it. Any thread.</summary>
    internal void MakeRoom()
    {
        int behind = Count - _first.Length;
        bool isNear = behind >= 0 && (behind % chunkLength == 0 || behind % chunkLength >= chunkLength / 2);
        if (isNear && Volatile.Read(ref _room) is null)
        {
            Interlocked.CompareExchange(ref _room, new T[chunkLength], null);
        }
    }

    private ref T PlaceBehind(int index)
    {
        int chunk = index / chunkLength;
        if (index % chunkLength == 0)
        {
            T[][] chunks = _chunks;
            if (chunk == chunks.Length)
            {
                Array.Resize(ref chunks, Math.Max(FirstChunks, chunk * 2));
            }

            chunks[chunk] = Interlocked.Exchange(ref _room, null) ?? new T[chunkLength];
            Volatile.Write(ref _chunks, chunks);
        }

        return ref _chunks[chunk][index % chunkLength];
    }
}
