using System.Buffers.Binary;
using Zurau.Engine.Records.Compression;

namespace Zurau.Engine.Records;

/// <summary>
/// Reads a whole v2 batch in place. <see cref="TryRead"/> checks that the bytes can be
/// one batch.
/// </summary>
public readonly ref struct RecordBatchView
{
    private readonly ReadOnlySpan<byte> _bytes;

    private RecordBatchView(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>The batch's bytes, header included.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Bytes with the header.</summary>
    public int SizeBytes => (int)BatchLayout.SizeOf(_bytes); // The bytes may be the header only.

    /// <summary>Offset of the first record.</summary>
    public long BaseOffset => BinaryPrimitives.ReadInt64BigEndian(_bytes);

    /// <summary>Offset of the last record, even if compaction removed it.</summary>
    public long LastOffset => BaseOffset + LastOffsetDelta;

    /// <summary>Last offset minus base offset.</summary>
    public int LastOffsetDelta => BinaryPrimitives.ReadInt32BigEndian(_bytes[BatchLayout.LastOffsetDelta..]);

    /// <summary>The leader epoch that the log stamped.</summary>
    public int PartitionLeaderEpoch => BinaryPrimitives.ReadInt32BigEndian(_bytes[BatchLayout.PartitionLeaderEpoch..]);

    /// <summary>The checksum as stored.</summary>
    public uint Crc => BinaryPrimitives.ReadUInt32BigEndian(_bytes[BatchLayout.Crc..]);

    /// <summary>The attribute bits.</summary>
    public BatchAttributes Attributes => (BatchAttributes)BinaryPrimitives.ReadInt16BigEndian(_bytes[BatchLayout.Attributes..]);

    /// <summary>
    /// The codec; an invalid batch can name one that does not exist (5 to 7).
    /// </summary>
    public CompressionType CompressionType => (CompressionType)(Attributes & BatchAttributes.CompressionMask);

    /// <summary>True for a coordinator's marker.</summary>
    public bool IsControl => (Attributes & BatchAttributes.Control) != 0;

    /// <summary>True if the batch belongs to a transaction.</summary>
    public bool IsTransactional => (Attributes & BatchAttributes.Transactional) != 0;

    /// <summary>The source of the timestamps.</summary>
    public TimestampType TimestampType => (Attributes & BatchAttributes.LogAppendTime) != 0 ? TimestampType.LogAppendTime : TimestampType.CreateTime;

    /// <summary>Milliseconds that record timestamps are relative to.</summary>
    public long BaseTimestamp => BinaryPrimitives.ReadInt64BigEndian(_bytes[BatchLayout.BaseTimestamp..]);

    /// <summary>The largest timestamp of the batch, in milliseconds.</summary>
    public long MaxTimestamp => BinaryPrimitives.ReadInt64BigEndian(_bytes[BatchLayout.MaxTimestamp..]);

    /// <summary>Producer id, -1 for none.</summary>
    public long ProducerId => BinaryPrimitives.ReadInt64BigEndian(_bytes[BatchLayout.ProducerId..]);

    /// <summary>Producer epoch, -1 for none.</summary>
    public short ProducerEpoch => BinaryPrimitives.ReadInt16BigEndian(_bytes[BatchLayout.ProducerEpoch..]);

    /// <summary>Sequence of the first record, -1 for none.</summary>
    public int BaseSequence => BinaryPrimitives.ReadInt32BigEndian(_bytes[BatchLayout.BaseSequence..]);

    /// <summary>Number of records in the batch.</summary>
    public int RecordsCount => BinaryPrimitives.ReadInt32BigEndian(_bytes[BatchLayout.RecordsCount..]);

    /// <summary>
    /// The records' bytes; compressed according to <see cref="CompressionType"/>.
    /// </summary>
    public ReadOnlySpan<byte> RecordsBytes => _bytes[BatchLayout.HeaderSize..];

    /// <summary>
    /// Reads the batch that begins at the first byte. Returns false if it is incomplete, if
    /// its length is impossible or if its format version is not 2. Does not check the
    /// checksum.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out RecordBatchView batch)
    {
        batch = default;
        if (bytes.Length < BatchLayout.HeaderSize || bytes[BatchLayout.Magic] != BatchLayout.MagicV2)
        {
            return false;
        }

        long size = BatchLayout.SizeOf(bytes);
        if (size < BatchLayout.HeaderSize || size > bytes.Length)
        {
            return false;
        }

        batch = new RecordBatchView(bytes[..(int)size]);
        return true;
    }

    /// <summary>
    /// Reads the header of a batch whose records are stored elsewhere: only the header's
    /// fields may be read, and <see cref="Bytes"/> is the header. Returns false if the
    /// batch has another size than the header states, or another format version than 2.
    /// </summary>
    internal static bool TryReadHeader(ReadOnlySpan<byte> header, long sizeBytes, out RecordBatchView batch)
    {
        batch = default;
        bool isHeader = header.Length == BatchLayout.HeaderSize
            && header[BatchLayout.Magic] == BatchLayout.MagicV2
            && sizeBytes is >= BatchLayout.HeaderSize and <= int.MaxValue
            && BatchLayout.SizeOf(header) == sizeBytes;
        batch = isHeader ? new RecordBatchView(header) : default;
        return isHeader;
    }

    /// <summary>Computes the checksum and compares it with the stored one.</summary>
    public bool IsCrcValid() => Crc32C.Compute(_bytes[BatchLayout.Attributes..]) == Crc;

    /// <summary>
    /// Reads the records one by one, in place; only for batches that are not compressed.
    /// </summary>
    /// <exception cref="InvalidRecordException">The batch is compressed:
    /// <see cref="Decompress"/> it and read
    /// <see cref="Records(DecompressedRecords)"/>.</exception>
    public RecordReader Records() => CompressionType == CompressionType.None
        ? new RecordReader(this, RecordsBytes)
        : throw new InvalidRecordException($"The batch at offset {BaseOffset} is compressed ({CompressionType}); decompress it first.");

    /// <summary>
    /// Reads the records one by one, from the result of <see cref="Decompress"/> for this
    /// batch; in place if it is not compressed.
    /// </summary>
    public RecordReader Records(DecompressedRecords decompressed)
    {
        ArgumentNullException.ThrowIfNull(decompressed);
        return new RecordReader(this, decompressed.BytesOf(this));
    }

    /// <summary>
    /// Decompresses the records into a pooled buffer that the caller must dispose. Does
    /// nothing and costs nothing if the batch is not compressed.
    /// </summary>
    /// <param name="maxBytes">The maximum decompressed size of the records in bytes.</param>
    /// <exception cref="InvalidRecordException">The compressed bytes are malformed, exceed
    /// the maximum, or name a codec that does not exist.</exception>
    public DecompressedRecords Decompress(int maxBytes = CompressionCodecs.DefaultMaxDecompressedBytes) => DecompressedRecords.Of(this, maxBytes);
}
