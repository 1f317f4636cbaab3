using System.Buffers;

namespace Zurau.Engine.Records.Compression;

/// <summary>
/// A pooled buffer that throws <see cref="InvalidRecordException"/> before it grows
/// beyond a maximum. One byte above the maximum can be requested, so that a stream that
/// ends exactly there can report its end. Not thread-safe.
/// </summary>
internal sealed class BoundedBuffer(int maxBytes, int expectedBytes) : IBufferWriter<byte>, IDisposable
{
    private const int MinCapacity = 4096;

    private byte[] _array = [];
    private int _count;
    private bool _isDisposed;

    /// <summary>The written bytes; invalid after <see cref="Dispose"/>.</summary>
    internal ReadOnlySpan<byte> Written
    {
        get
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _array.AsSpan(0, _count);
        }
    }

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _array.Length - _count);
        if (count > maxBytes - _count)
        {
            throw TooLarge((long)_count + count);
        }

        _count += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _array.AsMemory(_count..End);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _array.AsSpan(_count..End);
    }

    /// <summary>Returns the array to the pool. May be called twice.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        byte[] array = _array;
        _array = [];
        _count = 0;
        if (array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }

    // The pool's arrays are larger than requested; the bytes above the maximum are not used.
    private int End => (int)Math.Min(_array.Length, maxBytes + 1L);

    private void Reserve(int sizeHint)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        long needed = _count + (long)Math.Max(sizeHint, 1);
        if (needed > maxBytes + 1L)
        {
            throw TooLarge(needed);
        }

        if (needed <= _array.Length)
        {
            return;
        }

        long capacity = Math.Max(needed, Math.Max(Math.Max(2L * _array.Length, expectedBytes), MinCapacity));
        byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(capacity, Math.Min(maxBytes + 1L, Array.MaxLength)));
        _array.AsSpan(0, _count).CopyTo(larger);
        if (_array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_array);
        }

        _array = larger;
    }

    private InvalidRecordException TooLarge(long size) => new($"The records decompress to at least {size} bytes, the maximum is {maxBytes}.");
}
