using System.Buffers;

namespace Zurau.Engine.Storage;

/// <summary>
/// A file mapped into memory. Stores are visible to every reader of the file at once and reach the disk by the file's flush.
/// Whoever maps decides when nobody reads any more and disposes; the bytes must not be touched afterwards.
/// </summary>
public abstract unsafe class MappedRegion : MemoryManager<byte>
{
    /// <summary>Takes memory that stays where it is until the region is disposed.</summary>
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
    /// Whether a store to a byte of the file that has a block always succeeds. False where the file system may have to allocate another block
    /// for it, as for blocks that a copy of the file shares: on a full disk such a store ends the process (SIGBUS), and a write through the
    /// file is an error.
    /// </summary>
    public virtual bool IsStoreSafe => true;

    /// <summary>
    /// Has a range brought into memory in pages of 2 MiB from now on, which is cheaper by far; false where the system has none such for this
    /// file. A store to a page that is clean has a flush write the whole of it, a write through the file does not.
    /// </summary>
    public virtual bool TryUseLargePages(int position, int length) => false;

    /// <summary>
    /// Brings pages of a range that has blocks into memory, ready to be stored to, so that whoever appends does not wait for page faults.
    /// Only a help: a failure costs nothing.
    /// </summary>
    public abstract void PopulateForWrite(int position, int length);

    /// <summary>
    /// Brings a range of the file into memory, ready to be read: a device that cannot read it is an error here, where a load would kill
    /// the process, and a slow one does not hold up the garbage collector, as a page fault in managed code does.
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
