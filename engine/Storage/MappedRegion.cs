using System.Buffers;

namespace Zurau.Engine.Storage;

/// <summary>
/// A file mapped into memory. Stores are visible to every reader of the file
/// immediately; a flush of the file writes them to disk. The owner disposes it after
/// the last reader; the bytes must not be accessed afterwards.
/// </summary>
public abstract unsafe class MappedRegion : MemoryManager<byte>
{
    /// <summary>Wraps memory that stays valid until the region is disposed.</summary>
    protected MappedRegion(byte* pointer, int length)
    {
        Pointer = pointer;
        Length = length;
    }

    /// <summary>The first byte.</summary>
    public byte* Pointer { get; }

    /// <summary>Bytes mapped; the file may be shorter.</summary>
    public int Length { get; }

    /// <summary>
    /// Gets whether a store to an allocated byte always succeeds. False if the file system
    /// may have to allocate another block for it, as for blocks that are shared with a copy
    /// of the file: on a full disk such a store kills the process (SIGBUS), but a write
    /// through the file returns an error.
    /// </summary>
    public virtual bool IsStoreSafe => true;

    /// <summary>
    /// Requests pages of 2 MiB for a range, which reduces page faults; false if the system
    /// does not support them for this file. A store to a clean page makes a flush write the
    /// whole page; a write through the file does not.
    /// </summary>
    public virtual bool TryUseLargePages(int position, int length) => false;

    /// <summary>
    /// Faults in pages of an allocated range for writing, so that appenders do not wait for
    /// page faults. Best effort: failures are ignored.
    /// </summary>
    public abstract void PopulateForWrite(int position, int length);

    /// <summary>
    /// Faults in a range of the file for reading. A device error is returned here, but
    /// would kill the process in a load. A slow device does not block the garbage
    /// collector, as a page fault in managed code does.
    /// </summary>
    /// <param name="position">The first byte; the range must lie within the file.</param>
    /// <param name="length">Bytes, at least 1.</param>
    public abstract IoResult PopulateForRead(int position, int length);

    /// <inheritdoc/>
    public override Span<byte> GetSpan() => new(Pointer, Length);

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0) => new(Pointer + elementIndex);

    /// <inheritdoc/>
    public override void Unpin()
    {
    }
}
