using Zurau.Engine.Storage;

namespace Zurau.Testing.Simulation;

/// <summary>
/// Describes a copy that a thread executes when its process is killed. The new bytes are
/// already in the memory or file; the crash reverts any subset of their 32-byte chunks.
/// </summary>
public sealed class CopyInFlight
{
    /// <summary>Creates a copy into mapped memory.</summary>
    /// <param name="region">A region of the running process.</param>
    /// <param name="position">The position of the first byte in the region.</param>
    /// <param name="before">The bytes that the copy overwrites; their number is its
    /// length.</param>
    /// <exception cref="ArgumentException">The region was not mapped by a simulated
    /// disk.</exception>
    public CopyInFlight(MappedRegion region, int position, ReadOnlyMemory<byte> before)
        : this((region as SimRegion ?? throw new ArgumentException("The region does not belong to a simulated disk. Pass a region that its storage has mapped.", nameof(region))).File, position, before)
    {
    }

    internal CopyInFlight(DiskFile file, long position, ReadOnlyMemory<byte> before)
    {
        File = file;
        Position = position;
        Before = before;
    }

    /// <summary>Gets the position of the first byte in the file.</summary>
    public long Position { get; }

    /// <summary>Gets the bytes that the copy overwrites.</summary>
    public ReadOnlyMemory<byte> Before { get; }

    /// <summary>Gets the number of bytes.</summary>
    public int Length => Before.Length;

    internal DiskFile File { get; }
}
