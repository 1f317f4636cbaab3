namespace Zurau.Harness.Inspection;

/// <summary>A file that is open for reading. Not thread-safe.</summary>
public interface IDataFile : IDisposable
{
    /// <summary>Its length in bytes, as it was when it was opened.</summary>
    long Length { get; }

    /// <summary>Reads until the buffer is full or the file ends.</summary>
    /// <exception cref="IOException">The device cannot read it.</exception>
    int Read(long position, Span<byte> buffer);
}
