using System.Buffers;
using System.Buffers.Binary;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;

namespace Zurau.Engine.Log.Cleaning;

/// <summary>
/// Rewrites batches with some of their records: offsets, producer, sequence and codec are kept.
/// A returned batch is valid until the next batch begins. Not thread-safe.
/// </summary>
internal sealed class BatchRewriter : IDisposable
{
    private readonly ArrayBufferWriter<byte> _compressed = new();
    private byte[] _batch = []; // Space for the header, then the kept records, unchanged.
    private byte[] _rebased = []; // The same, with timestamps relative to a delete horizon.
    private int _end;

    /// <summary>Begins a batch whose kept records have at most this many bytes.</summary>
    internal void Begin(int mostBytes)
    {
        _end = BatchLayout.HeaderSize;
        _batch = Room(_batch, _end + mostBytes);
    }

    /// <summary>Keeps adjacent records.</summary>
    internal void Keep(ReadOnlySpan<byte> records)
    {
        records.CopyTo(_batch.AsSpan(_end));
        _end += records.Length;
    }

    /// <summary>
    /// Returns the batch; the base of its records' offsets and timestamps does not change.
    /// </summary>
    /// <param name="original">The original batch.</param>
    /// <param name="count">The number of kept records.</param>
    /// <param name="maxTimestamp">The largest of their timestamps, or the log append time.</param>
    internal ReadOnlySpan<byte> Finish(RecordBatchView original, int count, long maxTimestamp) =>
        Finish(original, _batch.AsSpan(0, _end), count, maxTimestamp, original.BaseTimestamp, original.Attributes);

    /// <summary>
    /// Returns the batch with a delete horizon (KIP-534). The horizon replaces the base
    /// timestamp, so every record's timestamp is rewritten relative to it.
    /// </summary>
    /// <param name="original">The original batch.</param>
    /// <param name="count">The number of kept records.</param>
    /// <param name="maxTimestamp">The largest of their timestamps, or the log append time.</param>
    /// <param name="horizonMs">The time from which tombstones and markers in it may be
    /// removed.</param>
    /// <param name="appendTime">The timestamp of every record; -1 if they have their own.</param>
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

    /// <summary>Compresses records, with space for the header before them.</summary>
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
