using System.Buffers;
using Zurau.Engine.Records.Compression;

namespace Zurau.Engine.Records;

/// <summary>
/// A pooled buffer that one batch's records are compressed or copied into, behind room for the batch's header. Used again and again;
/// its array goes back to the pool with <see cref="Reset"/>. Not thread-safe.
/// </summary>
internal sealed class BatchBuffer : IBufferWriter<byte>
{
    private const int MinCapacity = 1024;

    private byte[] _array = [];
    private int _end = BatchLayout.HeaderSize;

    /// <summary>Header and records; the header is whatever the array held before.</summary>
    internal Memory<byte> Batch => _array.AsMemory(0, _end);

    /// <summary>True where nothing was written.</summary>
    internal bool IsEmpty => _end == BatchLayout.HeaderSize;

    /// <summary>Compresses some records in place of what was there; copies them where the compression is none.</summary>
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
            // Half of a batch must not be taken for a batch that was built before.
            _end = BatchLayout.HeaderSize;
            throw;
        }
    }

    /// <summary>Gives the array back.</summary>
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
