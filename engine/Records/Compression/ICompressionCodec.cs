using System.Buffers;

namespace Zurau.Engine.Records.Compression;

/// <summary>
/// Compresses and decompresses one format. Implementations must be thread-safe: all
/// partitions share one instance.
/// </summary>
public interface ICompressionCodec
{
    /// <summary>
    /// Decompresses all records of one batch, in the framing that Kafka uses for this
    /// format. The input is untrusted: an implementation must validate every length, run in
    /// time bounded by input and output, and request no more space than the input can fill.
    /// The destination enforces the maximum size.
    /// </summary>
    /// <param name="compressed">The bytes after the batch header.</param>
    /// <param name="destination">Receives the records' bytes. After an exception the caller
    /// discards them.</param>
    /// <param name="maxBytes">The maximum decompressed size.</param>
    /// <exception cref="InvalidRecordException">The bytes are not of this format, are
    /// truncated or exceed the maximum. Every other exception is reported as this
    /// one.</exception>
    void Decompress(ReadOnlySpan<byte> compressed, IBufferWriter<byte> destination, int maxBytes);

    /// <summary>
    /// Compresses all records of one batch, in the framing that Kafka's Java client writes
    /// for this format, so that every client can read it.
    /// </summary>
    /// <param name="records">The records' bytes; they do not change during the call.</param>
    /// <param name="destination">Receives the compressed bytes. After an exception the
    /// caller discards them and throws a <see cref="CompressionException"/>.</param>
    /// <param name="level">A level that <see cref="BatchCompression"/> allows for the
    /// format; ignored by formats without levels.</param>
    void Compress(ReadOnlySpan<byte> records, IBufferWriter<byte> destination, int level);
}
