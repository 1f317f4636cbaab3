using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Zurau.Engine.Records;

/// <summary>
/// Reads the records of one batch in place, in order. Keys, values and headers are slices of the batch, or of its decompressed records.
/// Throws <see cref="InvalidRecordException"/> where the bytes do not follow the format.
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
    public bool IsKeyNull { get; private set; }

    /// <summary>The key's bytes; empty for null.</summary>
    public ReadOnlySpan<byte> Key { get; private set; }

    /// <summary>True for a null value (a tombstone in a compacted topic).</summary>
    public bool IsValueNull { get; private set; }

    /// <summary>The value's bytes; empty for null.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>Where the record's bytes begin among the records'.</summary>
    internal int StartPosition { get; private set; }

    /// <summary>Where the record's bytes end.</summary>
    internal readonly int EndPosition => _position;

    /// <summary>How many headers the record has.</summary>
    public int HeaderCount { get; private set; }

    /// <summary>The headers, read in place.</summary>
    public readonly HeaderReader Headers => new(_bytes[_headersStart.._position], HeaderCount, Offset);

    /// <summary>Moves to the next record; false after the last one.</summary>
    public bool Read()
    {
        if (_read == _count)
        {
            if (_position != _bytes.Length)
            {
                throw Malformed($"{_bytes.Length - _position} bytes are left after its {_count} records");
            }

            return false;
        }

        StartPosition = _position;
        int length = ReadInt32();
        int start = _position;
        if (length < 0 || length > _bytes.Length - start)
        {
            ThrowMalformed($"says it has {length} bytes, {_bytes.Length - start} are left");
        }

        _position++; // Record attributes: unused, always 0.
        if (!Varint.TryReadSigned(_bytes, ref _position, out long timestampDelta))
        {
            ThrowMalformed("has a bad timestamp");
        }

        Timestamp = _appendTimestamp >= 0 ? _appendTimestamp : _baseTimestamp + timestampDelta;
        Offset = _baseOffset + ReadInt32();
        Key = ReadNullable(out bool isNull);
        IsKeyNull = isNull;
        Value = ReadNullable(out isNull);
        IsValueNull = isNull;
        HeaderCount = ReadInt32();
        int end = start + length;
        if (HeaderCount < 0 || _position > end || HeaderCount > end - _position)
        {
            ThrowMalformed($"says it has {HeaderCount} headers");
        }

        _headersStart = _position;
        _position = end;
        _read++;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int ReadInt32()
    {
        if (!Varint.TryReadSigned(_bytes, ref _position, out int value))
        {
            ThrowMalformed("ends in the middle of a number");
        }

        return value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ReadOnlySpan<byte> ReadNullable(out bool isNull)
    {
        int length = ReadInt32();
        isNull = length == -1;
        if (isNull)
        {
            return default;
        }

        if ((uint)length > (uint)(_bytes.Length - _position))
        {
            ThrowMalformed($"has a field of {length} bytes, {_bytes.Length - _position} are left");
        }

        ReadOnlySpan<byte> field = _bytes.Slice(_position, length);
        _position += length;
        return field;
    }

    // Out of line, so that the paths that do not throw stay small.
    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void ThrowMalformed(string what) => throw Malformed($"record {_read} {what}");

    private readonly InvalidRecordException Malformed(string what) => new($"The batch at offset {_baseOffset} is malformed: {what}.");
}
