namespace Zurau.Engine.Log;

/// <summary>
/// The entries of one index in memory, in the order in which they were added. Added by one writer at a time, read by anyone: the count is
/// published behind its entry. A longer array is best made by somebody else before it is needed (<see cref="MakeRoom"/>), so that an
/// append allocates nothing; the writer makes it itself where that comes too late.
/// </summary>
/// <param name="publishesCountFirst">A planted fault, for the test that has to notice it.</param>
internal sealed class IndexEntries<T>(bool publishesCountFirst = false)
    where T : struct
{
    /// <summary>Entries of two MiB of log at Kafka's index interval: <see cref="TouchDuty"/> looks after the first of them.</summary>
    private const int FirstLength = 512;

    private T[] _entries = []; // The writer's; replaced by a longer copy, never changed below the count.
    private T[]? _room; // Made by whoever makes room, taken by the writer.
    private int _count; // The writer's; read by anyone.

    internal int Count => Volatile.Read(ref _count);

    internal ReadOnlySpan<T> Span
    {
        get
        {
            int count = Volatile.Read(ref _count);
            return Volatile.Read(ref _entries).AsSpan(0, count);
        }
    }

    internal void Add(T entry)
    {
        int count = _count;
        T[] entries = _entries;
        if (count == entries.Length)
        {
            T[]? room = Interlocked.Exchange(ref _room, null);
            room = room?.Length > count ? room : new T[NextLength(count)];
            entries.CopyTo(room, 0);
            Volatile.Write(ref _entries, entries = room);
        }

        if (publishesCountFirst)
        {
            Volatile.Write(ref _count, count + 1);
        }

        entries[count] = entry;
        Volatile.Write(ref _count, count + 1); // Release: whoever reads the count sees the entry and the array that holds it.
    }

    /// <summary>Takes memory for just so many entries, of a file that is read. Before anybody else knows the index.</summary>
    internal void Reserve(int count) => _entries = new T[count];

    /// <summary>Makes a longer array ready where the writer will soon need it. Any thread.</summary>
    internal void MakeRoom()
    {
        int length = Volatile.Read(ref _entries).Length;
        if (Count >= length / 2 && Volatile.Read(ref _room) is null)
        {
            Interlocked.CompareExchange(ref _room, new T[NextLength(length)], null);
        }
    }

    private static int NextLength(int length) => Math.Max(FirstLength, length * 2);
}
