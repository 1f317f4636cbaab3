using Zurau.Engine.Records.Compression;

namespace Engine.Tests.Records.Compression;

/// <summary>Tests the distinction of the two framings, and invalid blocks.</summary>
public sealed class SnappyCodecTests
{
    private static readonly byte[] s_abc = new SnappyEncoder().Literal([.. "abc"u8]).Block;

    [Fact]
    public void Less_than_a_stream_header_is_a_raw_block() => Assert.Equal("abc"u8, Codecs.Decompress(CompressionType.Snappy, s_abc));

    [Fact]
    public void A_stream_header_alone_holds_nothing() => Assert.Empty(Codecs.Decompress(CompressionType.Snappy, SnappyEncoder.StreamHeader));

    [Fact]
    public void Blocks_after_a_second_header_belong_to_the_stream() => Assert.Equal(
        "abcabc"u8,
        Codecs.Decompress(CompressionType.Snappy, [.. SnappyEncoder.StreamHeader, .. SnappyEncoder.Chunk(s_abc), .. SnappyEncoder.StreamHeader, .. SnappyEncoder.Chunk(s_abc)]));

    [Fact]
    public void A_copy_may_reach_into_what_it_writes() => Assert.Equal(
        "abcabcabcabcabcab"u8,
        Codecs.Decompress(CompressionType.Snappy, new SnappyEncoder().Literal([.. "abc"u8]).Copy(3, 14).Block));

    [Theory]
    [InlineData("", "does not begin with its length")]
    [InlineData("ffffffffff", "does not begin with its length")]
    [InlineData("ffffffff7f00", "does not begin with its length")]
    [InlineData("ffffffff0f00616161", "cannot decompress to more than")]
    [InlineData("80808040f8ff", "has the decompressed length 134217728, but its 6 bytes cannot decompress to more than 42")]
    [InlineData("0008616263", "the decompressed length 0")]
    [InlineData("0408616263", "instead of 4")]
    [InlineData("0208616263", "a literal of 3 bytes")]
    [InlineData("0308", "a literal of 3 bytes")]
    [InlineData("03fcffffffff616263", "a literal of 4294967296 bytes")]
    [InlineData("05f8", "in the middle of an element")]
    [InlineData("0600610100", "from 0 back")]
    [InlineData("0500610102", "from 2 back")]
    [InlineData("050061070100008000000000", "from 2147483649 back")]
    [InlineData("030061010100", "a copy of 4 bytes")]
    [InlineData("82534e4150505900000000000000000100000000", "version 0")]
    [InlineData("82534e41505059000000000100000001000000", "a block of -1 bytes")]
    [InlineData("82534e4150505900000000010000000100000009030861", "a block of 9 bytes")]
    [InlineData("82534e41505059000000000100000001ffffffff030861", "a block of -1 bytes")]
    [InlineData("82534e4150505900000000010000000182534e41", "a block of -2108469695 bytes")]
    public void Invalid_input_is_refused_with_the_reason(string hex, string reason) =>
        Assert.Contains(reason, Codecs.Refusal(CompressionType.Snappy, Convert.FromHexString(hex)), StringComparison.Ordinal);
}
