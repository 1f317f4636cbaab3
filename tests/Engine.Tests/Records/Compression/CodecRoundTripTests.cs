using System.IO.Compression;
using FsCheck;
using FsCheck.Fluent;
using Zurau.Engine.Records.Compression;

namespace Engine.Tests.Records.Compression;

/// <summary>What independent encoders write comes back.</summary>
public sealed class CodecRoundTripTests
{
    private static readonly CompressionLevel[] s_gzipLevels = Enum.GetValues<CompressionLevel>();

    [Fact]
    public void Any_bytes_come_back_from_gzip() => Holds(static random =>
        IsBack(CompressionType.Gzip, random, bytes => Codecs.Gzip(bytes, s_gzipLevels[random.Next(s_gzipLevels.Length)])));

    [Fact]
    public void Any_concatenated_gzip_members_come_back_as_one() => Holds(static random => AreBack(CompressionType.Gzip, random, static bytes => Codecs.Gzip(bytes)));

    [Fact]
    public void Any_elements_of_a_raw_snappy_block_come_back() => Holds(static random =>
    {
        SnappyEncoder encoder = SnappyEncoder.Random(random);
        return Codecs.Decompress(CompressionType.Snappy, encoder.Block).AsSpan().SequenceEqual(encoder.Expected);
    });

    [Fact]
    public void Any_blocks_of_a_snappy_stream_come_back_also_where_streams_were_appended_to_each_other() => Holds(static random =>
    {
        SnappyEncoder[] encoders = [.. Enumerable.Range(0, random.Next(0, 6)).Select(_ => SnappyEncoder.Random(random))];
        byte[] stream = [.. SnappyEncoder.StreamHeader, .. encoders.SelectMany(encoder => Chunk(encoder, random))];
        return Codecs.Decompress(CompressionType.Snappy, stream).AsSpan().SequenceEqual(encoders.SelectMany(static encoder => encoder.Expected).ToArray());
    });

    [Fact]
    public void Any_bytes_come_back_from_lz4_with_any_block_size_and_any_checksums() => Holds(static random =>
        IsBack(CompressionType.Lz4, random, bytes => NativeEncoders.Lz4(bytes, random.Next(4, 8), IsTrue(random), IsTrue(random), IsTrue(random))));

    [Fact]
    public void Any_bytes_come_back_from_zstd_at_any_level_with_and_without_their_size() => Holds(static random =>
        IsBack(CompressionType.Zstd, random, bytes => NativeEncoders.Zstd(bytes, random.Next(-5, 12), IsTrue(random))));

    [Fact]
    public void Any_concatenated_zstd_frames_come_back_as_one() => Holds(static random =>
        AreBack(CompressionType.Zstd, random, bytes => NativeEncoders.Zstd(bytes, isStreaming: IsTrue(random))));

    private static bool IsBack(CompressionType type, Random random, Func<byte[], byte[]> compress)
    {
        byte[] bytes = Codecs.Payload(random);
        return Codecs.Decompress(type, compress(bytes)).AsSpan().SequenceEqual(bytes);
    }

    private static bool AreBack(CompressionType type, Random random, Func<byte[], byte[]> compress)
    {
        byte[][] pieces = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => Codecs.Payload(random))];
        byte[] compressed = [.. pieces.SelectMany(compress)];
        return Codecs.Decompress(type, compressed).AsSpan().SequenceEqual(pieces.SelectMany(static piece => piece).ToArray());
    }

    private static byte[] Chunk(SnappyEncoder encoder, Random random)
    {
        byte[] chunk = SnappyEncoder.Chunk(encoder.Block);
        return IsTrue(random) ? chunk : [.. SnappyEncoder.StreamHeader, .. chunk];
    }

    private static bool IsTrue(Random random) => random.Next(2) == 0;

    private static void Holds(Func<Random, bool> law) =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed => law(new Random(seed))).QuickCheckThrowOnFailure();
}
