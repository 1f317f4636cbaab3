using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Zurau.Engine.Records;

/// <summary>
/// Reads the records of one batch in place, in order. Keys, values and headers are
/// slices of the batch or of its decompressed records. Throws
/// <see cref="InvalidRecordException"/> if the bytes do not follow the format.
/// </summary>
public ref struct RecordReader
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly long _baseOffset;
    private readonly long _baseTimestamp;
    private readonly long _appendTimestamp;
    private readonly int _count;
    private int _position;
    private int _read;
    private int _keyStart;
    private int _keyLength; // -1 for null.
    private int _valueStart;
    private int _valueLength; // -1 for null.
    private int _headersStart;

    internal RecordReader(RecordBatchView batch, ReadOnlySpan<byte> records)
    {
        _bytes = records;
        _baseOffset = batch.BaseOffset;
        _baseTimestamp = batch.BaseTimestamp;
        _appendTimestamp = batch.TimestampType == TimestampType.LogAppendTime ? batch.MaxTimestamp : -1;
        _count = batch.RecordsCount;
        if (_count < 0)
        {
            throw Malformed($"its record count is {_count}");
        }
    }

    /// <summary>The record's offset.</summary>
    public long Offset { get; private set; }

    /// <summary>The record's timestamp in milliseconds since 1970, -1 for none.</summary>
    public long Timestamp { get; private set; }

    /// <summary>True for a null key (an empty key is not null).</summary>
    public readonly bool IsKeyNull => _keyLength < 0;

    /// <summary>The key's bytes; empty for null.</summary>
    public readonly ReadOnlySpan<byte> Key => _keyLength > 0 ? _bytes.Slice(_keyStart, _keyLength) : default;

    /// <summary>True for a null value (a tombstone in a compacted topic).</summary>
    public readonly bool IsValueNull => _valueLength < 0;

    /// <summary>The value's bytes; empty for null.</summary>
    public readonly ReadOnlySpan<byte> Value => _valueLength > 0 ? _bytes.Slice(_valueStart, _valueLength) : default;

    /// <summary>
    /// The position after the record, where the next record begins; relative to the first
    /// record.
    /// </summary>
    internal readonly int EndPosition => _position;

    /// <summary>Number of headers of the record.</summary>
    public int HeaderCount { get; private set; }

    /// <summary>The bytes of the headers, without their number.</summary>
    public readonly ReadOnlySpan<byte> HeadersBytes => _bytes[_headersStart.._position];

    /// <summary>The headers, read in place.</summary>
    public readonly HeaderReader Headers => new(HeadersBytes, HeaderCount, Offset);

    /// <summary>Moves to the next record; false after the last one.</summary>
    public bool Read()
    {
        if (_read == _count)
        {
            return End();
        }

        ReadOnlySpan<byte> bytes = _bytes;
        int position = _position;
        int length = ReadInt32(bytes, ref position);
        if ((uint)length > (uint)(bytes.Length - position))
        {
            ThrowTooLong("the whole record", length, bytes.Length - position);
        }

        bytes = bytes[..(position + length)];
        position++; // Record attributes: unused, always 0.
        if (!Varint.TryReadSigned(bytes, ref position, out long timestampDelta))
        {
            ThrowMalformed("has a bad timestamp");
        }

        Timestamp = _appendTimestamp >= 0 ? _appendTimestamp : _baseTimestamp + timestampDelta;
        Offset = _baseOffset + ReadInt32(bytes, ref position);
        _keyLength = ReadLength(bytes, ref position);
        _keyStart = position;
        position += Math.Max(0, _keyLength);
        _valueLength = ReadLength(bytes, ref position);
        _valueStart = position;
        position += Math.Max(0, _valueLength);
        int headerCount = ReadInt32(bytes, ref position);
        if ((uint)headerCount > (uint)(bytes.Length - position))
        {
            ThrowTooLong("the headers", headerCount, bytes.Length - position);
        }

        HeaderCount = headerCount;
        _headersStart = position;
        _position = bytes.Length;
        _read++;
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly bool End() => _position == _bytes.Length
        ? false
        : throw Malformed($"{_bytes.Length - _position} bytes are left after its {_count} records");

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly int ReadInt32(ReadOnlySpan<byte> bytes, ref int position)
    {
        if (!Varint.TryReadSigned(bytes, ref position, out int value))
        {
            ThrowMalformed("ends in the middle of a number");
        }

        return value;
    }

    /// <summary>
    /// Reads a field's length: -1 for null. Checks it against the remaining bytes.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly int ReadLength(ReadOnlySpan<byte> bytes, ref int position)
    {
        int length = ReadInt32(bytes, ref position);
        if ((uint)length > (uint)(bytes.Length - position) && length != -1)
        {
            ThrowTooLong("a field", length, bytes.Length - position);
        }

        return length;
    }

    // Not inlined, with their messages: the paths that do not throw stay small and have
    // no temporaries to clear.
    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void ThrowTooLong(string what, int count, int left) => throw Malformed($"record {_read} has {count} for {what}, only {left} bytes are left");

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void ThrowMalformed(string what) => throw Malformed($"record {_read} {what}");

    private readonly InvalidRecordException Malformed(string what) => new($"The batch at offset {_baseOffset} is malformed: {what}.");
}
