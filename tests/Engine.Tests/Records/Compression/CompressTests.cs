using System.Buffers.Binary;
using CsCheck;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;

namespace Engine.Tests.Records.Compression;

/// <summary>What the codecs write: it comes back, in the framings of Kafka's Java client.</summary>
public sealed class CompressTests
{
    private static readonly byte[] s_text = [.. Enumerable.Range(0, 200_000).Select(static i => (byte)"all work and no play makes jack a dull boy; "[i * 7 / 5 % 44])];
    private static readonly byte[] s_noise = Noise(100_000);

    public static TheoryData<CompressionType, int> Levels
    {
        get
        {
            var levels = new TheoryData<CompressionType, int> { { CompressionType.Snappy, 0 }, { CompressionType.Gzip, -1 } };
            foreach (int level in Enumerable.Range(1, 9))
            {
                levels.Add(CompressionType.Gzip, level);
            }

            foreach (int level in Enumerable.Range(1, 17))
            {
                levels.Add(CompressionType.Lz4, level);
            }

            foreach (int level in (int[])[-131072, -5, .. Enumerable.Range(0, 23)])
            {
                levels.Add(CompressionType.Zstd, level);
            }

            return levels;
        }
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void Text_and_noise_come_back_from_every_level(CompressionType type, int level)
    {
        var compression = new BatchCompression(type, level);
        byte[] compressed = Codecs.Written(compression, s_text);
        Assert.InRange(compressed.Length, 1, type == CompressionType.Zstd && level < 0 ? s_text.Length + 100 : s_text.Length / 4);
        Assert.Equal(s_text, Codecs.Decompress(type, compressed));

        // What does not become smaller costs next to nothing (stored blocks, literals), but
        // with the runtime's gzip at level 1.
        compressed = Codecs.Written(compression, s_noise);
        Assert.InRange(compressed.Length, s_noise.Length, s_noise.Length + (compression == new BatchCompression(CompressionType.Gzip, 1) ? 10_000 : 100));
        Assert.Equal(s_noise, Codecs.Decompress(type, compressed));
    }

    [Theory]
    [InlineData(CompressionType.Gzip)]
    [InlineData(CompressionType.Snappy)]
    [InlineData(CompressionType.Lz4)]
    [InlineData(CompressionType.Zstd)]
    public void Any_bytes_come_back(CompressionType type) => Codecs.Payload.Sample(bytes =>
        Codecs.Decompress(type, Codecs.Written(new BatchCompression(type), bytes)).AsSpan().SequenceEqual(bytes));

    [Theory]
    [InlineData(CompressionType.Gzip)]
    [InlineData(CompressionType.Snappy)]
    [InlineData(CompressionType.Lz4)]
    [InlineData(CompressionType.Zstd)]
    public void Every_length_around_the_blocks_edges_comes_back(CompressionType type)
    {
        foreach (int length in (int[])[.. Enumerable.Range(0, 70), .. Enumerable.Range(32 * 1024 - 20, 40), .. Enumerable.Range(64 * 1024 - 20, 40)])
        {
            Assert.Equal(s_text[..length], Codecs.Decompress(type, Codecs.Written(new BatchCompression(type), s_text.AsSpan(0, length))));
            Assert.Equal(s_noise[..length], Codecs.Decompress(type, Codecs.Written(new BatchCompression(type), s_noise.AsSpan(0, length))));
        }
    }

    [Fact]
    public void Snappy_is_written_as_xerial_s_stream_of_blocks_of_32_KiB()
    {
        byte[] written = Codecs.Written(new BatchCompression(CompressionType.Snappy), s_text);
        Assert.Equal(SnappyEncoder.StreamHeader, written[..16]);
        var sizes = new List<int>();
        for (int position = 16; position < written.Length;)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(written.AsSpan(position));
            sizes.Add(SnappyBlock.ReadLength(written.AsSpan(position + 4, length), out _));
            position += 4 + length;
        }

        Assert.Equal([32768, 32768, 32768, 32768, 32768, 32768, s_text.Length - (6 * 32768)], sizes);
    }

    [Fact]
    public void Lz4_is_written_as_the_Java_client_s_frame()
    {
        byte[] written = Codecs.Written(new BatchCompression(CompressionType.Lz4), s_noise);
        Assert.Equal("04224d18604082", Convert.ToHexStringLower(written.AsSpan(0, 7)));

        // Noise is stored: the highest bit of a block's size is set. The frame ends with a
        // size of 0 and no checksum.
        Assert.Equal(0x8001_0000u, BinaryPrimitives.ReadUInt32LittleEndian(written.AsSpan(7)));
        int second = 7 + 4 + 0x1_0000;
        Assert.Equal(0x8000_0000u | (uint)(s_noise.Length - 0x1_0000), BinaryPrimitives.ReadUInt32LittleEndian(written.AsSpan(second)));
        Assert.Equal([0, 0, 0, 0], written[(second + 4 + s_noise.Length - 0x1_0000)..]);
    }

    [Fact]
    public void Gzip_is_one_member_and_higher_levels_are_smaller()
    {
        byte[] first = Codecs.Written(new BatchCompression(CompressionType.Gzip, 1), s_text);
        byte[] last = Codecs.Written(new BatchCompression(CompressionType.Gzip, 9), s_text);
        Assert.Equal("1f8b08", Convert.ToHexStringLower(first.AsSpan(0, 3)));
        Assert.True(last.Length < first.Length, $"{last.Length} < {first.Length}");
    }

    [Theory]
    [InlineData(CompressionType.None, 1, "0 is expected")]
    [InlineData(CompressionType.Snappy, 1, "0 is expected")]
    [InlineData(CompressionType.Gzip, 0, "1 to 9, or -1 for the default")]
    [InlineData(CompressionType.Gzip, 10, "1 to 9, or -1 for the default")]
    [InlineData(CompressionType.Gzip, -2, "1 to 9, or -1 for the default")]
    [InlineData(CompressionType.Lz4, 0, "1 to 17")]
    [InlineData(CompressionType.Lz4, 18, "1 to 17")]
    [InlineData(CompressionType.Zstd, 23, "-131072 to 22")]
    [InlineData(CompressionType.Zstd, -131073, "-131072 to 22")]
    [InlineData((CompressionType)5, 0, "Codecs exist for")]
    public void A_level_that_Kafka_does_not_take_is_refused(CompressionType type, int level, string message) =>
        Assert.Contains(message, Assert.Throws<ArgumentOutOfRangeException>(() => new BatchCompression(type, level)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("gzip")]
    [InlineData("snappy")]
    [InlineData("lz4")]
    [InlineData("zstd")]
    public void The_records_of_a_real_Kafka_come_back_from_our_own_compression(string codec)
    {
        foreach (byte[] bytes in GoldenLogs.Batches($"codec-{codec}-0"))
        {
            RecordBatchView batch = Codecs.View(bytes);
            using DecompressedRecords records = batch.Decompress();
            byte[] plain = records.BytesOf(batch).ToArray();
            Assert.Equal(plain, Codecs.Decompress(batch.CompressionType, Codecs.Written(new BatchCompression(batch.CompressionType), plain)));
        }
    }

    private static byte[] Noise(int size)
    {
        byte[] bytes = new byte[size];
        new Random(1).NextBytes(bytes);
        return bytes;
    }
}
