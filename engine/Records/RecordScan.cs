using System.Runtime.CompilerServices;

namespace Zurau.Engine.Records;

/// <summary>
/// Goes over the records of a batch from outside as a consumer will, without taking keys and values: every length inside its record,
/// every record inside the batch, offsets one after the other, as many records as the header says. Pure.
/// </summary>
internal static class RecordScan
{
    /// <summary>Says what is wrong; null, and what is to be known of them, where the records are good.</summary>
    /// <param name="batch">The header's batch.</param>
    /// <param name="records">Its records, decompressed.</param>
    /// <param name="facts">What the records say.</param>
    internal static string? Check(RecordBatchView batch, ReadOnlySpan<byte> records, out BatchFacts facts)
    {
        int count = batch.RecordsCount;
        long baseTimestamp = batch.BaseTimestamp;
        int position = 0;
        int keyless = -1;
        long min = long.MaxValue;
        long max = long.MinValue;
        facts = default;
        for (int i = 0; i < count; i++)
        {
            if (!Varint.TryReadSigned(records, ref position, out int length) || (uint)length > (uint)(records.Length - position))
            {
                return $"record {i} of {count} does not lie inside it";
            }

            ReadOnlySpan<byte> body = records.Slice(position, length);
            position += length;
            int at = 1; // Behind the attributes, which say nothing.
            if (length == 0
                || !Varint.TryReadSigned(body, ref at, out long timestampDelta)
                || !Varint.TryReadSigned(body, ref at, out int offsetDelta)
                || !TrySkip(body, ref at, mayBeNull: true, out bool isKeyless)
                || !TrySkip(body, ref at, mayBeNull: true, out _)
                || !TrySkipHeaders(body, ref at))
            {
                return $"record {i} is malformed";
            }

            if (offsetDelta != i)
            {
                return $"record {i} has the offset delta {offsetDelta}";
            }

            long timestamp = unchecked(baseTimestamp + timestampDelta);
            min = timestamp == BatchFacts.NoTimestamp ? min : Math.Min(min, timestamp);
            max = Math.Max(max, timestamp);
            keyless = isKeyless && keyless < 0 ? i : keyless;
        }

        facts = new BatchFacts(min == long.MaxValue ? BatchFacts.NoTimestamp : min, max, keyless);
        return position == records.Length ? null : $"{records.Length - position} bytes are left behind its {count} records";
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TrySkipHeaders(ReadOnlySpan<byte> body, ref int at)
    {
        if (at == body.Length - 1)
        {
            return body[at] == 0; // The usual end: no headers, and nothing behind.
        }

        return TrySkipSomeHeaders(body, ref at);
    }

    private static bool TrySkipSomeHeaders(ReadOnlySpan<byte> body, ref int at)
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
