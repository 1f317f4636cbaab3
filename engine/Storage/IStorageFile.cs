namespace Zurau.Engine.Storage;

/// <summary>An open file. Thread-safe except for closing.</summary>
public interface IStorageFile : IDisposable
{
    /// <summary>Returns the file's length in bytes.</summary>
    IoResult Length(out long length);

    /// <summary>Reads until the buffer is full or the file ends.</summary>
    IoResult Read(long position, Span<byte> buffer, out int read);

    /// <summary>Writes all bytes.</summary>
    IoResult Write(long position, ReadOnlySpan<byte> bytes);

    /// <summary>
    /// Allocates zeroed blocks in a range that has none and extends the file at least to
    /// its end; existing data is kept. May be repeated.
    /// </summary>
    IoResult Allocate(long position, long length);

    /// <summary>Truncates or extends the file.</summary>
    IoResult SetLength(long length);

    /// <summary>
    /// Flushes the file's bytes and length to disk (fdatasync). A failure is final:
    /// unwritten bytes are lost.
    /// </summary>
    IoResult FlushData();

    /// <summary>
    /// Maps the file from its beginning, writable and shared. The mapping may be larger
    /// than the file; bytes after the file's end must not be accessed.
    /// </summary>
    /// <param name="length">Bytes to map, at least 1.</param>
    /// <param name="region">The mapping.</param>
    IoResult Map(int length, out MappedRegion? region);
}
