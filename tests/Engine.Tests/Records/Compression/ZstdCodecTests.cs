using Zurau.Engine.Records.Compression;

namespace Engine.Tests.Records.Compression;

/// <summary>Frames that ask for much and hold little.</summary>
public sealed class ZstdCodecTests
{
    // A frame without checksum and content size, one stored block "hi"; the window size is
    // its sixth byte.
    private const string Frame = "28b52ffd00{0:x2}1100006869";

    [Fact]
    public void The_largest_window_that_a_level_of_Kafka_s_writes_is_accepted() =>
        Assert.Equal("hi"u8, Codecs.Decompress(CompressionType.Zstd, Convert.FromHexString(string.Format(null, Frame, (27 - 10) << 3))));

    [Fact]
    public void A_window_of_terabytes_is_refused() =>
        Assert.Contains("zstd", Codecs.Refusal(CompressionType.Zstd, Convert.FromHexString(string.Format(null, Frame, 0xF8))), StringComparison.Ordinal);

    [Fact]
    public void A_content_size_that_is_not_true_is_refused_and_not_allocated()
    {
        // A single segment that claims 4 GiB less one byte, and has two bytes.
        byte[] frame = Convert.FromHexString("28b52ffda0ffffffff1100006869");
        Assert.Contains("malformed", Codecs.Refusal(CompressionType.Zstd, frame), StringComparison.Ordinal);
    }

    [Fact]
    public void A_frame_between_two_others_that_holds_no_content_is_read_over()
    {
        byte[] skippable = [0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3];
        Assert.Equal("abc"u8, Codecs.Decompress(CompressionType.Zstd, [.. FrameEncoders.Zstd([.. "ab"u8]), .. skippable, .. FrameEncoders.Zstd([.. "c"u8])]));
    }

    [Fact]
    public void A_failure_does_not_affect_the_next_frame()
    {
        byte[] good = FrameEncoders.Zstd([.. "abc"u8]);
        for (int i = 0; i < 20; i++)
        {
            Codecs.Refusal(CompressionType.Zstd, good[..^1]);
            Assert.Equal("abc"u8, Codecs.Decompress(CompressionType.Zstd, good));
        }
    }
}
