using System.Buffers;

namespace Zurau.Engine.Records;

/// <summary>
/// Validates the records of a batch in several segments with the same answers and facts
/// as <see cref="RecordScan"/>. A record inside one segment is checked there; only a
/// record that crosses a boundary is read through the sequence. Nothing is copied.
/// Pure.
/// </summary>
internal static class SequenceScan
{
    private const int MaxVarintSize = 10;

    /// <summary>
    /// Returns what is wrong; null, with the facts, if the records are valid.
    /// </summary>
    /// <param name="batch">The batch's header.</param>
    /// <param name="records">Its records, not compressed.</param>
    /// <param name="facts">The timestamps and keys of the records.</param>
    internal static string? Check(RecordBatchView batch, in ReadOnlySequence<byte> records, out BatchFacts facts)
    {
        var reader = new SequenceReader<byte>(records);
        int count = batch.RecordsCount;
        int keyless = -1;
        long min = long.MaxValue;
        long max = long.MinValue;
        facts = default;
        for (int i = 0; i < count; i++)
        {
            if (!TryRead(ref reader, records.Length, out int length) || length < 0 || length > reader.Remaining)
            {
                return $"record {i} does not lie inside it";
            }

            string? problem;
            long timestampDelta;
            bool isKeyless;
            ReadOnlySpan<byte> piece = reader.UnreadSpan;
            if (length <= piece.Length)
            {
                problem = RecordScan.CheckBody(piece[..length], i, out timestampDelta, out isKeyless);
                reader.Advance(length);
            }
            else
            {
                problem = CheckBody(ref reader, reader.Consumed + length, i, out timestampDelta, out isKeyless);
            }

            if (problem is not null)
            {
                return problem;
            }

            long timestamp = unchecked(batch.BaseTimestamp + timestampDelta);
            min = timestamp == BatchFacts.NoTimestamp ? min : Math.Min(min, timestamp);
            max = Math.Max(max, timestamp);
            keyless = isKeyless && keyless < 0 ? i : keyless;
        }

        facts = new BatchFacts(min == long.MaxValue ? BatchFacts.NoTimestamp : min, max, keyless);
        return reader.End ? null : $"{reader.Remaining} bytes are left after its {count} records";
    }

    private static string? CheckBody(ref SequenceReader<byte> reader, long end, int index, out long timestampDelta, out bool isKeyless)
    {
        timestampDelta = 0;
        isKeyless = false;
        reader.Advance(1); // The attributes.
        if (!TryRead(ref reader, end, out timestampDelta)
            || !TryRead(ref reader, end, out int offsetDelta)
            || !TrySkip(ref reader, end, mayBeNull: true, out isKeyless)
            || !TrySkip(ref reader, end, mayBeNull: true, out _)
            || !TrySkipHeaders(ref reader, end))
        {
            return $"record {index} is malformed";
        }

        return offsetDelta == index ? null : $"record {index} has the offset delta {offsetDelta}";
    }

    private static bool TrySkip(ref SequenceReader<byte> reader, long end, bool mayBeNull, out bool isNull)
    {
        isNull = false;
        if (!TryRead(ref reader, end, out int size))
        {
            return false;
        }

        if (size < 0)
        {
            isNull = true;
            return mayBeNull && size == -1;
        }

        if (size > end - reader.Consumed)
        {
            return false;
        }

        reader.Advance(size);
        return true;
    }

    private static bool TrySkipHeaders(ref SequenceReader<byte> reader, long end)
    {
        if (!TryRead(ref reader, end, out int count) || count < 0)
        {
            return false;
        }

        for (int i = 0; i < count; i++)
        {
            if (!TrySkip(ref reader, end, mayBeNull: false, out _) || !TrySkip(ref reader, end, mayBeNull: true, out _))
            {
                return false;
            }
        }

        return reader.Consumed == end;
    }

    private static bool TryRead(ref SequenceReader<byte> reader, long end, out int value)
    {
        Span<byte> joined = stackalloc byte[MaxVarintSize];
        ReadOnlySpan<byte> bytes = Next(reader, end, joined);
        int size = 0;
        bool isRead = Varint.TryReadSigned(bytes, ref size, out value);
        reader.Advance(size);
        return isRead;
    }

    private static bool TryRead(ref SequenceReader<byte> reader, long end, out long value)
    {
        Span<byte> joined = stackalloc byte[MaxVarintSize];
        ReadOnlySpan<byte> bytes = Next(reader, end, joined);
        int size = 0;
        bool isRead = Varint.TryReadSigned(bytes, ref size, out value);
        reader.Advance(size);
        return isRead;
    }

    /// <summary>
    /// Returns the bytes from which a varint is read: a slice of the segment, or a joined
    /// copy if they cross a boundary; empty at or after the end.
    /// </summary>
    private static ReadOnlySpan<byte> Next(SequenceReader<byte> reader, long end, Span<byte> joined)
    {
        int wanted = (int)Math.Min(MaxVarintSize, end - reader.Consumed);
        ReadOnlySpan<byte> piece = reader.UnreadSpan;
        if (piece.Length >= wanted)
        {
            return piece[..wanted];
        }

        Span<byte> target = joined[..wanted];
        return reader.TryCopyTo(target) ? target : [];
    }
}
