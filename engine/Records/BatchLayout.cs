using System.Buffers.Binary;

namespace Zurau.Engine.Records;

/// <summary>
/// Defines the positions of the fields in a v2 batch header. Big-endian; source:
/// Kafka's message format, <c>RecordBatch</c> version 2.
/// </summary>
public static class BatchLayout
{
    /// <summary>int64: offset of the first record; stamped by the log, outside the checksum.</summary>
    public const int BaseOffset = 0;

    /// <summary>int32: bytes that follow this field.</summary>
    public const int BatchLength = 8;

    /// <summary>int32: stamped by the log, outside the checksum; producers write -1.</summary>
    public const int PartitionLeaderEpoch = 12;

    /// <summary>int8: the format version, 2.</summary>
    public const int Magic = 16;

    /// <summary>
    /// uint32: CRC-32C of everything from <see cref="Attributes"/> to the batch's end.
    /// </summary>
    public const int Crc = 17;

    /// <summary>int16: see <see cref="BatchAttributes"/>.</summary>
    public const int Attributes = 21;

    /// <summary>int32: last offset minus base offset; kept by compaction.</summary>
    public const int LastOffsetDelta = 23;

    /// <summary>int64: milliseconds that record timestamps are relative to.</summary>
    public const int BaseTimestamp = 27;

    /// <summary>int64: largest timestamp, or the append time for LogAppendTime.</summary>
    public const int MaxTimestamp = 35;

    /// <summary>int64: producer id, -1 for none.</summary>
    public const int ProducerId = 43;

    /// <summary>int16: producer epoch, -1 for none.</summary>
    public const int ProducerEpoch = 51;

    /// <summary>int32: sequence of the first record, -1 for none.</summary>
    public const int BaseSequence = 53;

    /// <summary>
    /// int32: number of records in the batch (fewer than offsets after compaction).
    /// </summary>
    public const int RecordsCount = 57;

    /// <summary>Bytes of the header; records follow.</summary>
    public const int HeaderSize = 61;

    /// <summary>
    /// Bytes of base offset and batch length, which <see cref="BatchLength"/> does not
    /// count.
    /// </summary>
    public const int LogOverhead = 12;

    /// <summary>The only format version that is read and written.</summary>
    public const byte MagicV2 = 2;

    /// <summary>
    /// Reads the size in bytes, header included, of the batch that begins here; requires 12
    /// bytes. A long, because an invalid length field must not overflow.
    /// </summary>
    public static long SizeOf(ReadOnlySpan<byte> batch) => (long)BinaryPrimitives.ReadInt32BigEndian(batch[BatchLength..]) + LogOverhead;
}
