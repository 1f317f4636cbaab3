namespace Zurau.Testing.Simulation;

/// <summary>Memory that stays where it is: zero when it comes from <see cref="BufferPool"/>, owned by whoever took it.</summary>
internal sealed unsafe class NativeBuffer(byte* pointer, int capacity)
{
    internal byte* Pointer => pointer;

    internal int Capacity => capacity;

    internal Span<byte> Span => new(pointer, capacity);

    internal Span<byte> At(int position, int length) => Span.Slice(position, length);
}
