namespace Zurau.Engine.Storage;

/// <summary>An open file. Thread-safe but for closing.</summary>
public interface IStorageFile : IDisposable
{
    /// <summary>The file's length in bytes.</summary>
    IoResult Length(out long length);

    /// <summary>Reads until the buffer is full or the file ends.</summary>
    IoResult Read(long position, Span<byte> buffer, out int read);

    /// <summary>Writes all bytes.</summary>
    IoResult Write(long position, ReadOnlySpan<byte> bytes);

    /// <summary>Gives a range blocks of zeros where it has none and makes the file at least that long; what is there stays. May be repeated.</summary>
    IoResult Allocate(long position, long length);

    /// <summary>Cuts or extends the file.</summary>
    IoResult SetLength(long length);

    /// <summary>Makes the file's bytes and length durable (fdatasync). A failure is final: what was not written is lost.</summary>
    IoResult FlushData();

    /// <summary>Maps the file from its beginning, writable and shared; may reach beyond the file's end, where no byte may be touched.</summary>
    /// <param name="length">Bytes to map, at least 1.</param>
    /// <param name="region">The mapping.</param>
    IoResult Map(int length, out MappedRegion? region);
}
