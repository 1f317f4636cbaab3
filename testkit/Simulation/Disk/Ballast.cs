namespace Zurau.Testing.Simulation;

/// <summary>
/// The beginning of a file that is nearly all zeros, has been on the disk for long and is never changed: a file of 2 GiB costs its other bytes.
/// </summary>
/// <param name="end">Its exclusive end.</param>
/// <param name="parts">Its bytes that are not zero, and where they are.</param>
internal sealed class Ballast(int end, IReadOnlyList<(int Position, byte[] Bytes)> parts)
{
    /// <summary>None.</summary>
    internal static Ballast None { get; } = new(0, []);

    internal int End => end;

    /// <summary>How many pages it fills.</summary>
    internal int Pages => end / DiskFile.PageSize;

    /// <summary>Brings it into memory that is all zero.</summary>
    internal void Fill(NativeBuffer target)
    {
        foreach ((int position, byte[] bytes) in parts)
        {
            bytes.CopyTo(target.At(position, bytes.Length));
        }
    }

    /// <summary>Copies what follows it, up to an end, to memory that has it.</summary>
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
