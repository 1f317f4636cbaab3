using System.IO.Hashing;
using Zurau.Engine.Records.Compression;

namespace Engine.Tests.Records.Compression;

/// <summary>
/// An LZ4 frame is read with the rules of Kafka's Java reader, which are not those of
/// liblz4.
/// </summary>
public sealed class Lz4CodecTests
{
    private const int HeaderSize = 7;
    private static readonly byte[] s_text = [.. Enumerable.Repeat("all work and no play "u8.ToArray(), 50).SelectMany(static line => line)];

    [Fact]
    public void A_wrong_content_checksum_is_read_over() => Assert.Equal(s_text, Read(FrameEncoders.Lz4(s_text, contentChecksum: true), static frame => frame[^1] ^= 1));

    [Fact]
    public void A_missing_content_checksum_is_not() => Assert.Contains("4 more bytes are expected", Refusal(FrameEncoders.Lz4(s_text, contentChecksum: true)[..^4]), StringComparison.Ordinal);

    [Fact]
    public void A_wrong_content_size_is_read_over() => Assert.Equal(s_text, Read(FrameEncoders.Lz4(s_text, contentSize: true), static frame =>
    {
        frame[6] ^= 1;
        frame[14] = (byte)(XxHash32.HashToUInt32(frame.AsSpan(4, 10)) >> 8);
    }));

    [Fact]
    public void Bytes_after_the_frame_are_ignored() => Assert.Equal(s_text, Codecs.Decompress(CompressionType.Lz4, [.. FrameEncoders.Lz4(s_text), 1, 2, 3]));

    [Fact]
    public void A_wrong_block_checksum_is_refused() =>
        Assert.Contains("a block does not match", Refusal(FrameEncoders.Lz4(s_text, blockChecksums: true), static frame => frame[^5] ^= 1), StringComparison.Ordinal);

    [Fact]
    public void A_wrong_header_checksum_is_refused() => Assert.Contains("header does not match", Refusal(FrameEncoders.Lz4(s_text), static frame => frame[6] ^= 1), StringComparison.Ordinal);

    [Fact]
    public void Blocks_that_need_each_other_are_refused() =>
        Assert.Contains("independent blocks", Refusal(Linked()), StringComparison.Ordinal);

    [Theory]
    [InlineData("04224d186040", "1 more bytes are expected")]
    [InlineData("04224d19604082", "magic number")]
    [InlineData("04224d18a04082", "descriptor a0 40")]
    [InlineData("04224d18614082", "descriptor 61 40")]
    [InlineData("04224d18604182", "descriptor 60 41")]
    [InlineData("04224d1860c082", "descriptor 60 c0")]
    [InlineData("04224d18603082", "block size code is 3")]
    [InlineData("04224d18604082", "4 more bytes are expected")]
    [InlineData("04224d18604082ffffff7f", "a block of 2147483647 bytes exceeds the maximum of 65536")]
    [InlineData("04224d18604082010001801f", "a block of 65537 bytes exceeds the maximum of 65536")]
    [InlineData("04224d1860408202000000ffff00000000", "malformed or decompresses to more than 65536 bytes")]
    public void Invalid_input_is_refused_with_the_reason(string hex, string reason) => Assert.Contains(reason, Refusal(Convert.FromHexString(hex)), StringComparison.Ordinal);

    private static byte[] Linked()
    {
        byte[] frame = FrameEncoders.Lz4(s_text);
        frame[4] &= 0xDF;
        frame[HeaderSize - 1] = (byte)(XxHash32.HashToUInt32(frame.AsSpan(4, 2)) >> 8);
        return frame;
    }

    private static byte[] Read(byte[] frame, Action<byte[]> damage)
    {
        damage(frame);
        return Codecs.Decompress(CompressionType.Lz4, frame);
    }

    private static string Refusal(byte[] frame, Action<byte[]>? damage = null)
    {
        damage?.Invoke(frame);
        return Codecs.Refusal(CompressionType.Lz4, frame);
    }
}
