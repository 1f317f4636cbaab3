using System.Buffers;

namespace Zurau.Harness.Bench.Work;

/// <summary>A buffer of fixed size that is reused.</summary>
internal sealed class BlockBuffer(int capacity) : IBufferWriter<byte>
{
    private readonly byte[] _bytes = new byte[capacity];

    internal int Count { get; private set; }

    internal ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Count);

    internal void Clear() => Count = 0;

    public void Advance(int count) => Count += count;

    public Memory<byte> GetMemory(int sizeHint = 0) => _bytes.AsMemory(Count);

    public Span<byte> GetSpan(int sizeHint = 0) => _bytes.AsSpan(Count);
}
