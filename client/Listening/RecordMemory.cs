namespace Zurau.Listening;

/// <summary>Memory for the keys and values of one poll, used again by the next one. Not thread-safe.</summary>
internal sealed class RecordMemory
{
    /// <summary>Below the size at which the garbage collector takes an array for a large object.</summary>
    internal const int ChunkBytes = 64 * 1024;

    /// <summary>What is more than a part of a chunk gets an array of its own: a chunk is left when the next bytes do not fit.</summary>
    internal const int LargestShared = ChunkBytes / 8;

    /// <summary>1 MiB a listener; what a poll needs beyond it is garbage afterwards.</summary>
    private const int MaxKeptChunks = 16;

    private readonly List<byte[]> _chunks = [];
    private int _chunk = -1;
    private int _used = ChunkBytes;

    /// <summary>Copies bytes; the copy is good until <see cref="Reuse"/>.</summary>
    public ReadOnlyMemory<byte> Copy(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || bytes.Length > LargestShared)
        {
            return bytes.ToArray();
        }

        if (bytes.Length > ChunkBytes - _used)
        {
            _chunk++;
            _used = 0;
            if (_chunk == _chunks.Count)
            {
                _chunks.Add(GC.AllocateUninitializedArray<byte>(ChunkBytes));
            }
        }

        bytes.CopyTo(_chunks[_chunk].AsSpan(_used));
        var copy = new ReadOnlyMemory<byte>(_chunks[_chunk], _used, bytes.Length);
        _used += bytes.Length;
        return copy;
    }

    /// <summary>Says that nobody reads what was copied before.</summary>
    public void Reuse()
    {
        if (_chunks.Count > MaxKeptChunks)
        {
            _chunks.RemoveRange(MaxKeptChunks, _chunks.Count - MaxKeptChunks);
        }

        _chunk = -1;
        _used = ChunkBytes;
    }
}
