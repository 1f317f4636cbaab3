namespace Zurau.Engine.Log;

/// <summary>The entries that an index had at one moment. They do not change any more.</summary>
internal readonly struct IndexView<T>(T[] first, T[][] chunks, int chunkLength, int length)
    where T : struct
{
    internal int Length => length;

    internal bool IsEmpty => length == 0;

    internal T this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)length);
            int behind = index - first.Length;
            return behind < 0 ? first[index] : chunks[behind / chunkLength][behind % chunkLength];
        }
    }

    internal T[] ToArray()
    {
        var entries = new T[length];
        for (int i = 0; i < length; i++)
        {
            entries[i] = this[i];
        }

        return entries;
    }
}
