using Zurau.Engine.Storage;

namespace Zurau.Testing.Simulation;

/// <summary>
/// A copy that a thread has under way when its process dies: the new bytes are in the memory or file, and any subset of its 32-byte
/// chunks may turn out not to have been copied.
/// </summary>
public sealed class CopyInFlight
{
    /// <summary>A copy into mapped memory.</summary>
    /// <param name="region">A region of the life that runs.</param>
    /// <param name="position">Its first byte.</param>
    /// <param name="before">The bytes that were there before; as many as are copied.</param>
    public CopyInFlight(MappedRegion region, int position, ReadOnlyMemory<byte> before)
        : this((region as SimRegion ?? throw new ArgumentException("This region is not one of a simulated disk.", nameof(region))).File, position, before)
    {
    }

    internal CopyInFlight(DiskFile file, long position, ReadOnlyMemory<byte> before)
    {
        File = file;
        Position = position;
        Before = before;
    }

    /// <summary>Its first byte in the file.</summary>
    public long Position { get; }

    /// <summary>The bytes that were there before.</summary>
    public ReadOnlyMemory<byte> Before { get; }

    /// <summary>How many bytes.</summary>
    public int Length => Before.Length;

    internal DiskFile File { get; }
}
