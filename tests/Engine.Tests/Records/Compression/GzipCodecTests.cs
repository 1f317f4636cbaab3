using Zurau.Engine.Records.Compression;

namespace Engine.Tests.Records.Compression;

/// <summary>gzip streams that end early or do not match their checksum.</summary>
public sealed class GzipCodecTests
{
    private static readonly byte[] s_member = Codecs.Gzip([.. "all work and no play makes jack a dull boy"u8]);

    [Fact]
    public void Every_end_that_comes_too_early_is_refused()
    {
        for (int length = 0; length < s_member.Length; length++)
        {
            Assert.Contains("gzip", Codecs.Refusal(CompressionType.Gzip, s_member[..length]), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(-8)]
    [InlineData(-4)]
    public void A_wrong_checksum_or_length_at_the_end_is_refused(int position)
    {
        byte[] damaged = [.. s_member];
        damaged[damaged.Length + position] ^= 1;
        Assert.Contains("gzip", Codecs.Refusal(CompressionType.Gzip, damaged), StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_after_the_members_are_ignored() =>
        Assert.Equal(Codecs.Decompress(CompressionType.Gzip, s_member), Codecs.Decompress(CompressionType.Gzip, [.. s_member, 0, 0, 0, 0]));

    [Fact]
    public void A_second_member_is_found_wherever_the_first_ends()
    {
        // The runtime reads 8 KiB at a time: some of these first members end exactly there.
        for (int length = 8_140; length < 8_200; length++)
        {
            byte[] first = new byte[length];
            byte[] member = Codecs.Gzip(first, System.IO.Compression.CompressionLevel.NoCompression);
            Assert.Equal(length + 1, Codecs.Decompress(CompressionType.Gzip, [.. member, .. Codecs.Gzip([1])]).Length);
            Codecs.Refusal(CompressionType.Gzip, member[..^1]);
        }
    }
}
