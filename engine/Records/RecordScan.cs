using System.Runtime.CompilerServices;

namespace Zurau.Engine.Records;

/// <summary>
/// Validates the records of an untrusted batch without reading keys and values: each
/// length inside its record, each record inside the batch, consecutive offsets, and as
/// many records as the header states. A consumer can read what passes. Pure.
/// </summary>
internal static class RecordScan
{
    private const int MaxShort = 3;
    private const int UsualRoom = 16;

    /// <summary>
    /// Returns what is wrong; null, with the facts, if the records are valid.
    /// </summary>
    /// <param name="batch">The batch's header.</param>
    /// <param name="records">Its decompressed records.</param>
    /// <param name="facts">The timestamps and keys of the records.</param>
    internal static unsafe string? Check(RecordBatchView batch, ReadOnlySpan<byte> records, out BatchFacts facts)
    {
        int count = batch.RecordsCount;
        long baseTimestamp = batch.BaseTimestamp;
        int position = 0;
        int keyless = -1;
        long min = long.MaxValue;
        long max = long.MinValue;
        facts = default;
        fixed (byte* start = records)
        {
            byte* end = start + records.Length;
            for (int i = 0; i < count; i++)
            {
                byte* next = SkipUsual(start + position, end, i, out long timestampDelta, out bool isKeyless);
                if (next is not null)
                {
                    position = (int)(next - start);
                }
                else if (CheckOne(records, ref position, i, out timestampDelta, out isKeyless) is { } problem)
                {
                    return problem;
                }

                long timestamp = unchecked(baseTimestamp + timestampDelta);
                min = timestamp == BatchFacts.NoTimestamp ? min : Math.Min(min, timestamp);
                max = Math.Max(max, timestamp);
                keyless = isKeyless && keyless < 0 ? i : keyless;
            }
        }

        facts = new BatchFacts(min == long.MaxValue ? BatchFacts.NoTimestamp : min, max, keyless);
        return position == records.Length ? null : $"{records.Length - position} bytes are left after its {count} records";
    }

    /// <summary>
    /// Reads a valid record of the usual shape: numbers of up to three bytes, no headers,
    /// not at the batch's very end. Returns null for any other record, valid or not. Never
    /// reads after the end: the fields before the key have at most 13 bytes.
    /// </summary>
    private static unsafe byte* SkipUsual(byte* at, byte* end, int index, out long timestampDelta, out bool isKeyless)
    {
        timestampDelta = 0;
        isKeyless = false;
        if (end - at < UsualRoom || !TryReadShort(ref at, out int length) || length < 0 || length > end - at)
        {
            return null;
        }

        byte* recordEnd = at + length;
        at++; // The attributes are unused.
        if (!TryReadShort(ref at, out int delta) || !TryReadShort(ref at, out int offsetDelta) || offsetDelta != index || !TryReadShort(ref at, out int keySize) || keySize < -1)
        {
            return null;
        }

        at += Math.Max(keySize, 0);
        if (recordEnd - at < MaxShort + 1 || !TryReadShort(ref at, out int valueSize) || valueSize < -1)
        {
            return null;
        }

        at += Math.Max(valueSize, 0);
        timestampDelta = delta;
        isKeyless = keySize < 0;
        return at == recordEnd - 1 && *at == 0 ? recordEnd : null;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe bool TryReadShort(ref byte* at, out int value)
    {
        uint raw = *at++;
        if (raw > 0x7F)
        {
            raw = (raw & 0x7F) | ((uint)*at << 7);
            if (*at++ > 0x7F)
            {
                raw = (raw & 0x3FFF) | ((uint)*at << 14);
                if (*at++ > 0x7F)
                {
                    value = 0;
                    return false;
                }
            }
        }

        value = (int)(raw >> 1) ^ -(int)(raw & 1);
        return true;
    }

    private static string? CheckOne(ReadOnlySpan<byte> records, ref int position, int index, out long timestampDelta, out bool isKeyless)
    {
        timestampDelta = 0;
        isKeyless = false;
        if (!Varint.TryReadSigned(records, ref position, out int length) || (uint)length > (uint)(records.Length - position))
        {
            return $"record {index} does not lie inside it";
        }

        ReadOnlySpan<byte> body = records.Slice(position, length);
        position += length;
        return CheckBody(body, index, out timestampDelta, out isKeyless);
    }

    /// <summary>
    /// Returns what is wrong with a record whose length was read; null if it is valid.
    /// </summary>
    internal static string? CheckBody(ReadOnlySpan<byte> body, int index, out long timestampDelta, out bool isKeyless)
    {
        timestampDelta = 0;
        isKeyless = false;
        int at = 1; // After the attributes.
        if (body.IsEmpty
            || !Varint.TryReadSigned(body, ref at, out timestampDelta)
            || !Varint.TryReadSigned(body, ref at, out int offsetDelta)
            || !TrySkip(body, ref at, mayBeNull: true, out isKeyless)
            || !TrySkip(body, ref at, mayBeNull: true, out _)
            || !TrySkipHeaders(body, ref at))
        {
            return $"record {index} is malformed";
        }

        return offsetDelta == index ? null : $"record {index} has the offset delta {offsetDelta}";
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TrySkip(ReadOnlySpan<byte> body, ref int at, bool mayBeNull, out bool isNull)
    {
        isNull = false;
        if (!Varint.TryReadSigned(body, ref at, out int size))
        {
            return false;
        }

        if (size < 0)
        {
            isNull = true;
            return mayBeNull && size == -1;
        }

        at += size;
        return (uint)at <= (uint)body.Length;
    }

    private static bool TrySkipHeaders(ReadOnlySpan<byte> body, ref int at)
    {
        if (!Varint.TryReadSigned(body, ref at, out int count) || count < 0)
        {
            return false;
        }

        for (int i = 0; i < count; i++)
        {
            if (!TrySkip(body, ref at, mayBeNull: false, out _) || !TrySkip(body, ref at, mayBeNull: true, out _))
            {
                return false;
            }
        }

        return at == body.Length;
    }
}
