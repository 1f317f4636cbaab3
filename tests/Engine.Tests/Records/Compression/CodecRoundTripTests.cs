using System.IO.Compression;
using CsCheck;
using Zurau.Engine.Records.Compression;

namespace Engine.Tests.Records.Compression;

/// <summary>What other encoders write comes back.</summary>
public sealed class CodecRoundTripTests
{
    private static readonly Gen<byte[][]> s_pieces = Codecs.Payload.Array[1, 4];

    [Fact]
    public void Any_bytes_come_back_from_gzip() => Gen.Select(Codecs.Payload, Gen.Enum<CompressionLevel>()).Sample(static (bytes, level) =>
        IsBack(CompressionType.Gzip, Codecs.Gzip(bytes, level), bytes));

    [Fact]
    public void Any_concatenated_gzip_members_come_back_as_one() => s_pieces.Sample(static pieces =>
        IsBack(CompressionType.Gzip, [.. pieces.SelectMany(static piece => Codecs.Gzip(piece))], [.. pieces.SelectMany(static piece => piece)]));

    [Fact]
    public void Any_elements_of_a_raw_snappy_block_come_back() => SnappyEncoder.Any.Sample(static encoder =>
        IsBack(CompressionType.Snappy, encoder.Block, encoder.Expected));

    [Fact]
    public void Any_blocks_of_a_snappy_stream_come_back_also_where_streams_were_appended_to_each_other() =>
        Gen.Select(SnappyEncoder.Any, Gen.Bool).Array[0, 5].Sample(static chunks => IsBack(
            CompressionType.Snappy,
            [.. SnappyEncoder.StreamHeader, .. chunks.SelectMany(static chunk => Chunk(chunk.Item1, chunk.Item2))],
            [.. chunks.SelectMany(static chunk => chunk.Item1.Expected)]));

    [Fact]
    public void Any_bytes_come_back_from_lz4_with_any_block_size_and_any_checksums() =>
        Gen.Select(Codecs.Payload, Gen.Int[4, 7], Gen.Bool, Gen.Bool, Gen.Bool).Sample(static (bytes, blockSizeId, contentChecksum, blockChecksums, contentSize) =>
            IsBack(CompressionType.Lz4, FrameEncoders.Lz4(bytes, blockSizeId, contentChecksum, blockChecksums, contentSize), bytes));

    [Fact]
    public void Any_bytes_come_back_from_zstd_at_any_level_with_and_without_their_size() =>
        Gen.Select(Codecs.Payload, Gen.Int[-5, 11], Gen.Bool).Sample(static (bytes, level, isStreaming) =>
            IsBack(CompressionType.Zstd, FrameEncoders.Zstd(bytes, level, isStreaming), bytes));

    [Fact]
    public void Any_concatenated_zstd_frames_come_back_as_one() => Gen.Select(s_pieces, Gen.Bool).Sample(static (pieces, isStreaming) =>
        IsBack(CompressionType.Zstd, [.. pieces.SelectMany(piece => FrameEncoders.Zstd(piece, isStreaming: isStreaming))], [.. pieces.SelectMany(static piece => piece)]));

    private static bool IsBack(CompressionType type, byte[] compressed, byte[] expected) => Codecs.Decompress(type, compressed).AsSpan().SequenceEqual(expected);

    private static byte[] Chunk(SnappyEncoder encoder, bool hasHeader)
    {
        byte[] chunk = SnappyEncoder.Chunk(encoder.Block);
        return hasHeader ? [.. SnappyEncoder.StreamHeader, .. chunk] : chunk;
    }
}
