using System.Buffers;

namespace Zurau.Engine.Records.Compression;

/// <summary>
/// Maps compression types to codecs. gzip, snappy, lz4 and zstd are built in;
/// registering a codec replaces one for the whole process. Thread-safe.
/// </summary>
public static class CompressionCodecs
{
    /// <summary>
    /// The default maximum size that one batch may decompress to: 128 MiB, more than a
    /// hundred times the default <c>max.message.bytes</c>. Kafka has no maximum; without
    /// one, a batch of 1 MiB can require 32 GiB.
    /// </summary>
    public const int DefaultMaxDecompressedBytes = 128 * 1024 * 1024;

    // Written by Register, read by all readers: each slot is one reference, published
    // with release order.
    private static readonly ICompressionCodec?[] s_codecs =
    [
        null,
        new GzipCodec(),
        new SnappyCodec(),
        new Lz4Codec(),
        new ZstdCodec(),
    ];

    /// <summary>
    /// Replaces the codec that reads and writes a type for the whole process.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The type is not one of Kafka's, or is
    /// <see cref="CompressionType.None"/>.</exception>
    public static void Register(CompressionType type, ICompressionCodec codec)
    {
        ArgumentNullException.ThrowIfNull(codec);
        Volatile.Write(ref s_codecs[IndexOf(type)], codec);
    }

    /// <summary>Returns the codec of a type.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The type is not one of Kafka's, or is
    /// <see cref="CompressionType.None"/>.</exception>
    public static ICompressionCodec Get(CompressionType type) => Volatile.Read(ref s_codecs[IndexOf(type)])!;

    /// <summary>Compresses records with the codec of a compression that is not none.</summary>
    /// <exception cref="CompressionException">The codec threw any exception; the caller
    /// must discard what it wrote.</exception>
    internal static void Compress(BatchCompression compression, ReadOnlySpan<byte> records, IBufferWriter<byte> destination)
    {
        try
        {
            Get(compression.Type).Compress(records, destination, compression.Level);
        }
        catch (Exception exception)
        {
            throw new CompressionException($"{records.Length} bytes cannot be compressed with {compression.Type} at level {compression.Level}: {exception.Message}", exception);
        }
    }

    private static int IndexOf(CompressionType type) => type is > CompressionType.None and <= CompressionType.Zstd
        ? (int)type
        : throw new ArgumentOutOfRangeException(nameof(type), type, "Codecs exist for Gzip, Snappy, Lz4 and Zstd only.");
}
