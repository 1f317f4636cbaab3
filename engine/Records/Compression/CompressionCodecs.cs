using System.Buffers;

namespace Zurau.Engine.Records.Compression;

/// <summary>
/// Says which codec reads and writes which compression type. gzip, snappy, lz4 and zstd are built in; registering replaces one for the whole
/// process. Thread-safe.
/// </summary>
public static class CompressionCodecs
{
    /// <summary>
    /// The most bytes that one batch may decompress to where the caller names no other bound: 128 MiB, more than a hundred times
    /// the default <c>max.message.bytes</c>. Kafka has no such bound; without one a batch of 1 MiB can ask for 32 GiB.
    /// </summary>
    public const int DefaultMaxDecompressedBytes = 128 * 1024 * 1024;

    // Written by Register, read by every reader: each slot is one reference, published with release order.
    private static readonly ICompressionCodec?[] s_codecs =
    [
        null,
        new GzipCodec(),
        new SnappyCodec(),
        new Lz4Codec(),
        new ZstdCodec(),
    ];

    /// <summary>Makes a codec the one that reads and writes a type from now on, in place of the built-in one.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The type is not one of Kafka's, or is <see cref="CompressionType.None"/>.</exception>
    public static void Register(CompressionType type, ICompressionCodec codec)
    {
        ArgumentNullException.ThrowIfNull(codec);
        Volatile.Write(ref s_codecs[IndexOf(type)], codec);
    }

    /// <summary>Finds the codec of a type.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The type is not one of Kafka's, or is <see cref="CompressionType.None"/>.</exception>
    public static ICompressionCodec Get(CompressionType type) => Volatile.Read(ref s_codecs[IndexOf(type)])!;

    /// <summary>Compresses records with the codec of a compression that is not none.</summary>
    /// <exception cref="CompressionException">The codec failed, whatever it threw; what was written before is to be dropped.</exception>
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
