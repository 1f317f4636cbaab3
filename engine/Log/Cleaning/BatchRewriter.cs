using System.Buffers;
using System.Buffers.Binary;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;

namespace Zurau.Engine.Log.Cleaning;

/// <summary>
/// Makes batches anew from some of their records: offsets, producer, sequence and codec stay. What it gives is good until the next batch
/// begins. Not thread-safe.
/// </summary>
internal sealed class BatchRewriter : IDisposable
{
    private readonly ArrayBufferWriter<byte> _compressed = new();
    private byte[] _batch = []; // Room for the header, then the records that stay, as they stood in the batch.
    private byte[] _rebased = []; // Likewise, with timestamps that are relative to a delete horizon.
    private int _end;

    /// <summary>Begins a batch that keeps records of so many bytes at most.</summary>
    internal void Begin(int mostBytes)
    {
        _end = BatchLayout.HeaderSize;
        _batch = Room(_batch, _end + mostBytes);
    }

    /// <summary>Keeps records that stand side by side.</summary>
    internal void Keep(ReadOnlySpan<byte> records)
    {
        records.CopyTo(_batch.AsSpan(_end));
        _end += records.Length;
    }

    /// <summary>Gives the batch; its records' offsets and timestamps are relative to what does not change.</summary>
    /// <param name="original">The batch as it was.</param>
    /// <param name="count">How many records are left of it.</param>
    /// <param name="maxTimestamp">The largest of their timestamps, or the append time.</param>
    internal ReadOnlySpan<byte> Finish(RecordBatchView original, int count, long maxTimestamp) =>
        Finish(original, _batch.AsSpan(0, _end), count, maxTimestamp, original.BaseTimestamp, original.Attributes);

    /// <summary>
    /// Gives the batch with a time for its delete horizon (KIP-534). It takes the place of the base timestamp, so every record's timestamp
    /// is written anew, relative to it.
    /// </summary>
    /// <param name="original">The batch as it was.</param>
    /// <param name="count">How many records are left of it.</param>
    /// <param name="maxTimestamp">The largest of their timestamps, or the append time.</param>
    /// <param name="horizonMs">When tombstones and markers in it may go.</param>
    /// <param name="appendTime">Every record's timestamp; -1 where they have their own.</param>
    internal ReadOnlySpan<byte> FinishWithHorizon(RecordBatchView original, int count, long maxTimestamp, long horizonMs, long appendTime)
    {
        ReadOnlySpan<byte> records = _batch.AsSpan(BatchLayout.HeaderSize, _end - BatchLayout.HeaderSize);
        _rebased = Room(_rebased, _end + (count * (Varint.MaxSize64 + Varint.MaxSize32)));
        Span<byte> rebased = _rebased;
        int from = 0;
        int to = BatchLayout.HeaderSize;
        while (from < records.Length)
        {
            Varint.TryReadSigned(records, ref from, out int length);
            int end = from + length;
            byte attributes = records[from++];
            Varint.TryReadSigned(records, ref from, out long delta);
            long timestamp = appendTime >= 0 ? appendTime : original.BaseTimestamp + delta;
            long newDelta = unchecked(timestamp - horizonMs);
            to += Varint.WriteSigned(rebased[to..], 1 + Varint.SizeOfSigned(newDelta) + (end - from));
            rebased[to++] = attributes;
            to += Varint.WriteSigned(rebased[to..], newDelta);
            records[from..end].CopyTo(rebased[to..]);
            to += end - from;
            from = end;
        }

        return Finish(original, rebased[..to], count, maxTimestamp, horizonMs, original.Attributes | BatchAttributes.HasDeleteHorizon);
    }

    public void Dispose()
    {
        Return(_batch);
        Return(_rebased);
        _batch = _rebased = [];
    }

    private ReadOnlySpan<byte> Finish(RecordBatchView original, Span<byte> batch, int count, long maxTimestamp, long baseTimestamp, BatchAttributes attributes)
    {
        if (original.CompressionType != CompressionType.None)
        {
            batch = Compress(batch[BatchLayout.HeaderSize..], original.CompressionType);
        }

        original.Bytes[..BatchLayout.HeaderSize].CopyTo(batch);
        BinaryPrimitives.WriteInt32BigEndian(batch[BatchLayout.BatchLength..], batch.Length - BatchLayout.LogOverhead);
        BinaryPrimitives.WriteInt16BigEndian(batch[BatchLayout.Attributes..], (short)attributes);
        BinaryPrimitives.WriteInt64BigEndian(batch[BatchLayout.BaseTimestamp..], baseTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(batch[BatchLayout.MaxTimestamp..], maxTimestamp);
        BinaryPrimitives.WriteInt32BigEndian(batch[BatchLayout.RecordsCount..], count);
        BinaryPrimitives.WriteUInt32BigEndian(batch[BatchLayout.Crc..], Crc32C.Compute(batch[BatchLayout.Attributes..]));
        return batch;
    }

    /// <summary>Compresses records; in front of them is room for the header.</summary>
    private Span<byte> Compress(ReadOnlySpan<byte> records, CompressionType codec)
    {
        _compressed.ResetWrittenCount();
        CompressionCodecs.Compress(new BatchCompression(codec), records, _compressed);
        ReadOnlySpan<byte> compressed = _compressed.WrittenSpan;
        _rebased = Room(_rebased, BatchLayout.HeaderSize + compressed.Length);
        compressed.CopyTo(_rebased.AsSpan(BatchLayout.HeaderSize));
        return _rebased.AsSpan(0, BatchLayout.HeaderSize + compressed.Length);
    }

    private static byte[] Room(byte[] buffer, int sizeBytes)
    {
        if (buffer.Length >= sizeBytes)
        {
            return buffer;
        }

        Return(buffer);
        return ArrayPool<byte>.Shared.Rent(sizeBytes);
    }

    private static void Return(byte[] buffer)
    {
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
