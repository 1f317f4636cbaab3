namespace Zurau.Testing.Simulation;

/// <summary>
/// Memory with a fixed address. <see cref="BufferPool"/> returns it zeroed; the caller of
/// the pool owns it.
/// </summary>
internal sealed unsafe class NativeBuffer(byte* pointer, int capacity)
{
    internal byte* Pointer => pointer;

    internal int Capacity => capacity;

    internal Span<byte> Span => new(pointer, capacity);

    internal Span<byte> At(int position, int length) => Span.Slice(position, length);

    /// <summary>
    /// Reads bytes; those past the end of the buffer, or of a null buffer, are zero.
    /// </summary>
    internal static void Read(NativeBuffer? source, int position, Span<byte> target)
    {
        int there = Math.Clamp((source?.Capacity ?? 0) - position, 0, target.Length);
        if (there > 0)
        {
            source!.At(position, there).CopyTo(target);
        }

        target[there..].Clear();
    }

    /// <summary>
    /// Returns the position up to which two buffers are equal, from a position on. Bytes
    /// past the end of the second, or of a null second buffer, are zero.
    /// </summary>
    internal static int SameUpTo(NativeBuffer first, NativeBuffer? second, int from, int end)
    {
        int known = Math.Clamp(second?.Capacity ?? 0, from, end);
        ReadOnlySpan<byte> bytes = first.At(from, Math.Min(end, first.Capacity) - from);
        int same = known > from ? bytes.CommonPrefixLength(second!.At(from, known - from)) : 0;
        if (from + same < known)
        {
            return from + same;
        }

        int other = bytes[same..].IndexOfAnyExcept((byte)0);
        return other < 0 ? end : from + same + other;
    }
}
