using System.Buffers;
using System.Buffers.Binary;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;

namespace Zurau.Engine.Log.Cleaning;

/// <summary>Makes a batch anew from some of its records: offsets, producer, sequence and codec stay.</summary>
/// <param name="batch">The batch as it was.</param>
/// <param name="count">How many records are left of it.</param>
/// <param name="maxTimestamp">The largest of their timestamps, or the append time.</param>
internal readonly ref struct BatchRewriter(RecordBatchView batch, int count, long maxTimestamp)
{
    private readonly RecordBatchView _batch = batch;

    /// <summary>Takes records as they stood in the batch: their offsets and timestamps are relative to what does not change.</summary>
    internal ReadOnlySpan<byte> WithRecords(ReadOnlySpan<byte> records) => Build(records, _batch.BaseTimestamp, _batch.Attributes);

    /// <summary>
    /// Makes a time the batch's delete horizon (KIP-534). It takes the place of the base timestamp, so every record's timestamp is written
    /// anew, relative to it.
    /// </summary>
    internal ReadOnlySpan<byte> WithHorizon(ReadOnlySpan<byte> records, long horizonMs, long appendTime)
    {
        byte[] rebased = new byte[records.Length + (count * (Varint.MaxSize64 + Varint.MaxSize32))];
        int from = 0;
        int to = 0;
        while (from < records.Length)
        {
            Varint.TryReadSigned(records, ref from, out int length);
            int end = from + length;
            byte attributes = records[from++];
            Varint.TryReadSigned(records, ref from, out long delta);
            long timestamp = appendTime >= 0 ? appendTime : _batch.BaseTimestamp + delta;
            long newDelta = unchecked(timestamp - horizonMs);
            to += Varint.WriteSigned(rebased.AsSpan(to), 1 + Varint.SizeOfSigned(newDelta) + (end - from));
            rebased[to++] = attributes;
            to += Varint.WriteSigned(rebased.AsSpan(to), newDelta);
            records[from..end].CopyTo(rebased.AsSpan(to));
            to += end - from;
            from = end;
        }

        return Build(rebased.AsSpan(0, to), horizonMs, _batch.Attributes | BatchAttributes.HasDeleteHorizon);
    }

    private ReadOnlySpan<byte> Build(ReadOnlySpan<byte> records, long baseTimestamp, BatchAttributes attributes)
    {
        ReadOnlySpan<byte> stored = Compress(records);
        byte[] bytes = new byte[BatchLayout.HeaderSize + stored.Length];
        stored.CopyTo(bytes.AsSpan(BatchLayout.HeaderSize));
        Span<byte> header = bytes.AsSpan();
        _batch.Bytes[..BatchLayout.HeaderSize].CopyTo(header);
        BinaryPrimitives.WriteInt32BigEndian(header[BatchLayout.BatchLength..], bytes.Length - BatchLayout.LogOverhead);
        BinaryPrimitives.WriteInt16BigEndian(header[BatchLayout.Attributes..], (short)attributes);
        BinaryPrimitives.WriteInt64BigEndian(header[BatchLayout.BaseTimestamp..], baseTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(header[BatchLayout.MaxTimestamp..], maxTimestamp);
        BinaryPrimitives.WriteInt32BigEndian(header[BatchLayout.RecordsCount..], count);
        BinaryPrimitives.WriteUInt32BigEndian(header[BatchLayout.Crc..], Crc32C.Compute(header[BatchLayout.Attributes..]));
        return bytes;
    }

    private ReadOnlySpan<byte> Compress(ReadOnlySpan<byte> records)
    {
        CompressionType codec = _batch.CompressionType;
        if (codec == CompressionType.None)
        {
            return records;
        }

        var compressed = new ArrayBufferWriter<byte>(records.Length);
        CompressionCodecs.Get(codec).Compress(records, compressed, BatchCompression.DefaultLevel(codec));
        return compressed.WrittenSpan;
    }
}
