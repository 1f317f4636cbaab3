namespace Zurau.Testing.Simulation;

/// <summary>
/// The beginning of a large file: almost all zeros, durable, and immutable. A file of 2
/// GiB then uses memory only for its other bytes.
/// </summary>
/// <param name="end">The exclusive end position.</param>
/// <param name="parts">The bytes that are not zero, with their positions.</param>
internal sealed class Ballast(int end, IReadOnlyList<(int Position, byte[] Bytes)> parts)
{
    /// <summary>An empty beginning.</summary>
    internal static Ballast None { get; } = new(0, []);

    internal int End => end;

    /// <summary>The number of pages that it fills.</summary>
    internal int Pages => end / DiskFile.PageSize;

    /// <summary>Copies its bytes to memory that is all zero.</summary>
    internal void Fill(NativeBuffer target)
    {
        foreach ((int position, byte[] bytes) in parts)
        {
            bytes.CopyTo(target.At(position, bytes.Length));
        }
    }

    /// <summary>
    /// Copies its own bytes and those that follow, up to an end, to memory that is all
    /// zero.
    /// </summary>
    internal void CopyRest(NativeBuffer source, NativeBuffer target, int to)
    {
        Fill(target);
        int length = Math.Min(to, source.Capacity) - end;
        if (length > 0)
        {
            source.At(end, length).CopyTo(target.At(end, length));
        }
    }
}
