namespace Zurau.Engine.Log;

/// <summary>
/// An entry of an index file, in Kafka's format. Entries of a file ascend by <see cref="Key"/>.
/// </summary>
internal interface IIndexEntry<T>
    where T : struct, IIndexEntry<T>
{
    /// <summary>Bytes of an entry in its file.</summary>
    static abstract int SizeBytes { get; }

    /// <summary>The key by which entries are ordered and found.</summary>
    long Key { get; }

    /// <summary>Decodes an entry; any bytes are accepted.</summary>
    static abstract T Read(ReadOnlySpan<byte> source);

    /// <summary>Encodes the entry.</summary>
    void Write(Span<byte> destination);
}
