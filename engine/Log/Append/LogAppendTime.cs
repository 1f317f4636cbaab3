using System.Buffers;
using System.Buffers.Binary;
using Zurau.Engine.Records;

namespace Zurau.Engine.Log;

/// <summary>Stamps batches of topics with <c>message.timestamp.type=LogAppendTime</c>.</summary>
internal static class LogAppendTime
{
    /// <summary>
    /// Sets the log append time of a batch and its new checksum; returns the time in
    /// milliseconds.
    /// </summary>
    /// <param name="header">The header that is stored.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="pieces">Its records, if they are not in the batch itself.</param>
    /// <param name="time">The clock.</param>
    internal static long Stamp(Span<byte> header, RecordBatchView batch, in ReadOnlySequence<byte> pieces, TimeProvider time)
    {
        long nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        BinaryPrimitives.WriteInt16BigEndian(header[BatchLayout.Attributes..], (short)(batch.Attributes | BatchAttributes.LogAppendTime));
        BinaryPrimitives.WriteInt64BigEndian(header[BatchLayout.MaxTimestamp..], nowMs);
        uint crc = batch.RecordsBytes.IsEmpty ? Crc32C.Compute(header[BatchLayout.Attributes..], pieces) : Crc32C.Compute(header[BatchLayout.Attributes..], batch.RecordsBytes);
        BinaryPrimitives.WriteUInt32BigEndian(header[BatchLayout.Crc..], crc);
        return nowMs;
    }
}
