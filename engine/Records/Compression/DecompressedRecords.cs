namespace Zurau.Engine.Records.Compression;

/// <summary>
/// Holds the decompressed records of one batch in a pooled buffer until it is disposed;
/// <see cref="RecordBatchView.Records(DecompressedRecords)"/> reads them, any number of
/// times. All batches that are not compressed share one empty instance, which costs
/// nothing. Readers, keys and values must not be used after <see cref="Dispose"/>. Not
/// thread-safe.
/// </summary>
public sealed class DecompressedRecords : IDisposable
{
    private static readonly DecompressedRecords s_inPlace = new(null, 0);

    private readonly BoundedBuffer? _buffer;
    private readonly long _baseOffset;

    private DecompressedRecords(BoundedBuffer? buffer, long baseOffset)
    {
        _buffer = buffer;
        _baseOffset = baseOffset;
    }

    /// <summary>
    /// The decompressed records' size in bytes; 0 for a batch that is not compressed.
    /// </summary>
    public int SizeBytes => _buffer?.Written.Length ?? 0;

    /// <summary>Returns the buffer to the pool. May be called twice.</summary>
    public void Dispose() => _buffer?.Dispose();

    internal static DecompressedRecords Of(RecordBatchView batch, int maxBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxBytes);
        if (batch.CompressionType == CompressionType.None)
        {
            return s_inPlace;
        }

        if (batch.CompressionType > CompressionType.Zstd)
        {
            throw new InvalidRecordException($"The batch at offset {batch.BaseOffset} names the codec {batch.CompressionType}, which does not exist.");
        }

        ReadOnlySpan<byte> compressed = batch.RecordsBytes;
        // Text typically decompresses to four times its size; a better estimate would have
        // to trust the input.
        var buffer = new BoundedBuffer(maxBytes, expectedBytes: (int)Math.Min(4L * compressed.Length, maxBytes));
        try
        {
            CompressionCodecs.Get(batch.CompressionType).Decompress(compressed, buffer, maxBytes);
            return new DecompressedRecords(buffer, batch.BaseOffset);
        }
        catch (Exception exception)
        {
            // Any exception: a registered codec has its own types, and an invalid length can
            // cause an OutOfMemoryException.
            buffer.Dispose();
            throw new InvalidRecordException(
                $"The batch at offset {batch.BaseOffset} ({compressed.Length} bytes of {batch.CompressionType}) cannot be decompressed: {exception.Message}",
                exception);
        }
    }

    internal ReadOnlySpan<byte> BytesOf(RecordBatchView batch)
    {
        if (batch.CompressionType == CompressionType.None)
        {
            return batch.RecordsBytes;
        }

        if (_buffer is null || _baseOffset != batch.BaseOffset)
        {
            throw new ArgumentException($"These records were decompressed from another batch than the one at offset {batch.BaseOffset}; decompress that batch.");
        }

        return _buffer.Written;
    }
}
