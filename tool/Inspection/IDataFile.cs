namespace Zurau.Inspection;

/// <summary>Represents a file that is open for reading. Not thread-safe.</summary>
public interface IDataFile : IDisposable
{
    /// <summary>Gets its length in bytes at the time of opening.</summary>
    long Length { get; }

    /// <summary>
    /// Reads from a byte position until the buffer is full or the file ends. Returns the
    /// number of bytes read.
    /// </summary>
    /// <exception cref="IOException">The device cannot read it.</exception>
    int Read(long position, Span<byte> buffer);
}
