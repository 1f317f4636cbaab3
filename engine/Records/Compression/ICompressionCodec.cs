using System.Buffers;

namespace Zurau.Engine.Records.Compression;

/// <summary>Reads and writes one compression format. Implementations are thread-safe: one instance serves every partition at once.</summary>
public interface ICompressionCodec
{
    /// <summary>
    /// Decompresses all records of one batch, in the framing that Kafka uses for this format. The input may be hostile: an
    /// implementation trusts no length in it, ends in time bounded by input and output, and asks the destination for no more room
    /// than the input can fill. The destination itself refuses to grow beyond the bound.
    /// </summary>
    /// <param name="compressed">The bytes behind the batch header.</param>
    /// <param name="destination">Takes the records' bytes. What was written before an exception is dropped by the caller.</param>
    /// <param name="maxBytes">The most bytes that may come out.</param>
    /// <exception cref="InvalidRecordException">
    /// The bytes are not of this format, end too early or hold more than the bound. Every other exception is reported as this one.
    /// </exception>
    void Decompress(ReadOnlySpan<byte> compressed, IBufferWriter<byte> destination, int maxBytes);

    /// <summary>
    /// Compresses all records of one batch, in the framing that Kafka's Java client writes for this format, so that every client can
    /// read it.
    /// </summary>
    /// <param name="records">The records' bytes; they do not change during the call.</param>
    /// <param name="destination">Takes the compressed bytes. What was written before an exception is dropped by the caller. An exception is reported as <see cref="CompressionException"/>.</param>
    /// <param name="level">A level that <see cref="BatchCompression"/> allows for the format; formats without levels pass over it.</param>
    void Compress(ReadOnlySpan<byte> records, IBufferWriter<byte> destination, int level);
}
