using Zurau.Engine.Storage;

namespace Zurau.Testing.Simulation;

/// <summary>
/// Represents a copy that a thread is executing when its process dies: the new bytes are in the memory or file, and any subset of its
/// 32-byte chunks may turn out not to have been copied.
/// </summary>
public sealed class CopyInFlight
{
    /// <summary>Creates a copy into mapped memory.</summary>
    /// <param name="region">A region of the running process.</param>
    /// <param name="position">The position of the first byte.</param>
    /// <param name="before">The bytes before the copy; their number is the length of the copy.</param>
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

    /// <summary>Gets the bytes before the copy.</summary>
    public ReadOnlyMemory<byte> Before { get; }

    /// <summary>Gets the number of bytes.</summary>
    public int Length => Before.Length;

    internal DiskFile File { get; }
}
