using System.Buffers;
using Zurau.Engine.Records.Compression;

namespace Zurau.Engine.Records;

/// <summary>
/// A pooled buffer for the compressed or copied records of one batch; it reserves space
/// for the header in front of them. Reusable: <see cref="Reset"/> returns the array to
/// the pool. Not thread-safe.
/// </summary>
internal sealed class BatchBuffer : IBufferWriter<byte>
{
    private const int MinCapacity = 1024;

    private byte[] _array = [];
    private int _end = BatchLayout.HeaderSize;

    /// <summary>
    /// Header and records; the header's bytes are undefined until they are written.
    /// </summary>
    internal Memory<byte> Batch => _array.AsMemory(0, _end);

    /// <summary>True if nothing was written.</summary>
    internal bool IsEmpty => _end == BatchLayout.HeaderSize;

    /// <summary>
    /// Replaces the content by the compressed records; copies them if the compression is
    /// none.
    /// </summary>
    /// <exception cref="CompressionException">The codec failed; the buffer is empty.</exception>
    internal void Fill(ReadOnlySpan<byte> records, BatchCompression compression)
    {
        _end = BatchLayout.HeaderSize;
        if (compression.Type == CompressionType.None)
        {
            this.Write(records);
            return;
        }

        Reserve(records.Length / 2);
        try
        {
            CompressionCodecs.Compress(compression, records, this);
        }
        catch (CompressionException)
        {
            // An incomplete batch must not be mistaken for the batch that was built before.
            _end = BatchLayout.HeaderSize;
            throw;
        }
    }

    /// <summary>Returns the array to the pool.</summary>
    internal void Reset()
    {
        byte[] array = _array;
        _array = [];
        _end = BatchLayout.HeaderSize;
        if (array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _array.Length - _end);
        _end += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _array.AsMemory(_end);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _array.AsSpan(_end);
    }

    private void Reserve(int sizeHint)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        long needed = _end + (long)Math.Max(sizeHint, 1);
        if (needed <= _array.Length)
        {
            return;
        }

        long capacity = Math.Min(Math.Max(needed, Math.Max(2L * _array.Length, MinCapacity)), Math.Max(needed, Array.MaxLength));
        byte[] larger = ArrayPool<byte>.Shared.Rent(checked((int)capacity));
        if (_array.Length > 0)
        {
            _array.AsSpan(0, _end).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_array);
        }

        _array = larger;
    }
}
