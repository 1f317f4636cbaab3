using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using CsCheck;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;

namespace Engine.Tests.Records.Compression;

/// <summary>Short names for what the tests of the codecs do.</summary>
internal static class Codecs
{
    /// <summary>Random, repeated or text-like bytes, from nothing to several blocks.</summary>
    internal static readonly Gen<byte[]> Payload = Gen.Select(
        Gen.Frequency((1, Gen.Int[0, 19]), (1, Gen.Int[0, 399_999]), (2, Gen.Int[0, 4_999])),
        Gen.OneOf(256, 1, 20),
        Gen.Int[0, int.MaxValue],
        Bytes);

    /// <summary>Decompresses through a whole batch, as every caller does.</summary>
    internal static byte[] Decompress(CompressionType type, byte[] compressed, int maxBytes = CompressionCodecs.DefaultMaxDecompressedBytes)
    {
        RecordBatchView batch = View(Batch(type, compressed));
        using DecompressedRecords decompressed = batch.Decompress(maxBytes);
        return decompressed.BytesOf(batch).ToArray();
    }

    /// <summary>What is wrong with compressed bytes.</summary>
    internal static string Refusal(CompressionType type, byte[] compressed, int maxBytes = CompressionCodecs.DefaultMaxDecompressedBytes) =>
        Assert.Throws<InvalidRecordException>(() => Decompress(type, compressed, maxBytes)).Message;

    /// <summary>
    /// A batch around compressed records; only the fields that decompression reads are set.
    /// </summary>
    internal static byte[] Batch(CompressionType type, byte[] compressed)
    {
        byte[] batch = new byte[BatchLayout.HeaderSize + compressed.Length];
        BinaryPrimitives.WriteInt64BigEndian(batch, 42);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(BatchLayout.BatchLength), batch.Length - BatchLayout.LogOverhead);
        batch[BatchLayout.Magic] = BatchLayout.MagicV2;
        BinaryPrimitives.WriteInt16BigEndian(batch.AsSpan(BatchLayout.Attributes), (short)type);
        compressed.CopyTo(batch, BatchLayout.HeaderSize);
        return batch;
    }

    internal static RecordBatchView View(byte[] bytes) => RecordBatchView.TryRead(bytes, out RecordBatchView batch) ? batch : throw new ArgumentException("not a batch");

    internal static byte[] Gzip(byte[] bytes, CompressionLevel level = CompressionLevel.Fastest)
    {
        if (bytes.Length == 0)
        {
            // The runtime's encoder writes not even a header for no bytes at all.
            return Convert.FromHexString("1f8b080000000000000303000000000000000000");
        }

        using var target = new MemoryStream();
        using (var gzip = new GZipStream(target, level))
        {
            gzip.Write(bytes);
        }

        return target.ToArray();
    }

    /// <summary>Compresses with the encoder that the codec's tests have.</summary>
    internal static byte[] Compress(CompressionType type, byte[] bytes) => type switch
    {
        CompressionType.Gzip => Gzip(bytes),
        CompressionType.Lz4 => FrameEncoders.Lz4(bytes),
        CompressionType.Zstd => FrameEncoders.Zstd(bytes),
        _ => Snappy(bytes),
    };

    /// <summary>What our own codec writes.</summary>
    internal static byte[] Written(BatchCompression compression, ReadOnlySpan<byte> bytes)
    {
        var target = new ArrayBufferWriter<byte>();
        CompressionCodecs.Get(compression.Type).Compress(bytes, target, compression.Level);
        return target.WrittenSpan.ToArray();
    }

    private static byte[] Bytes(int length, int alphabet, int seed)
    {
        var random = new Random(seed);
        byte[] bytes = new byte[length];
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = i >= 100 && random.Next(3) > 0 ? bytes[i - 100] : (byte)(random.Next(alphabet) + 'a');
        }

        return bytes;
    }

    // Literals of at most 64 KiB, and runs as copies of the byte before.
    private static byte[] Snappy(byte[] bytes)
    {
        var encoder = new SnappyEncoder();
        for (int i = 0; i < bytes.Length;)
        {
            int run = i == 0 ? 0 : bytes.AsSpan(i, Math.Min(64, bytes.Length - i)).IndexOfAnyExcept(bytes[i - 1]);
            run = run < 0 ? Math.Min(64, bytes.Length - i) : run;
            int length = run > 0 ? run : Math.Min(bytes.Length - i, 32);
            encoder = run > 0 ? encoder.Copy(1, length) : encoder.Literal(bytes[i..(i + length)]);
            i += length;
        }

        return encoder.Block;
    }
}
