using Zurau.Engine.Storage;

namespace Zurau.Testing.Simulation;

/// <summary>
/// Forwards every call to another file. Base class for the files of a
/// <see cref="ForwardingStorage"/>. As thread-safe as the other file.
/// </summary>
/// <param name="inner">The file that executes the calls.</param>
public abstract class ForwardingFile(IStorageFile inner) : IStorageFile
{
    /// <summary>Gets the file that executes the calls.</summary>
    protected IStorageFile Inner => inner;

    /// <inheritdoc/>
    public virtual IoResult Length(out long length) => inner.Length(out length);

    /// <inheritdoc/>
    public virtual IoResult Read(long position, Span<byte> buffer, out int read) => inner.Read(position, buffer, out read);

    /// <inheritdoc/>
    public virtual IoResult Write(long position, ReadOnlySpan<byte> bytes) => inner.Write(position, bytes);

    /// <inheritdoc/>
    public virtual IoResult Allocate(long position, long length) => inner.Allocate(position, length);

    /// <inheritdoc/>
    public virtual IoResult SetLength(long length) => inner.SetLength(length);

    /// <inheritdoc/>
    public virtual IoResult FlushData() => inner.FlushData();

    /// <inheritdoc/>
    public virtual IoResult Map(int length, out MappedRegion? region) => inner.Map(length, out region);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes the file.</summary>
    /// <param name="disposing">True if called by <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing) => inner.Dispose();
}
