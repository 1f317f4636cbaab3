using System.Text;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;

namespace Engine.Tests.Records.Compression;

/// <summary>Batches that are built compressed.</summary>
public sealed class CompressedBuilderTests
{
    public static TheoryData<CompressionType> Types => new(Enum.GetValues<CompressionType>());

    [Theory]
    [MemberData(nameof(Types))]
    public void A_compressed_batch_holds_what_was_appended(CompressionType type)
    {
        RecordBatchBuilder builder = Builder(type, out _);
        Append(builder, 0, 100);
        byte[] bytes = builder.Build().ToArray();
        Assert.Equal(Values(0, 100), Read(bytes, type));
        Assert.True(type == CompressionType.None ? bytes.Length == builder.SizeBytes : bytes.Length < builder.SizeBytes / 2);

        // A second build is equal; with one more record it differs; a reset builder starts again.
        Assert.Equal(bytes, builder.Build().ToArray());
        Append(builder, 100, 1);
        Assert.Equal(Values(0, 101), Read(builder.Build().ToArray(), type));
        builder.Reset();
        Append(builder, 7, 3);
        Assert.Equal(Values(7, 3), Read(builder.Build().ToArray(), type));
    }

    [Fact]
    public void A_batch_that_is_built_again_is_compressed_once()
    {
        RecordBatchBuilder builder = Builder(CompressionType.Zstd, out _);
        Append(builder, 0, 100);
        ReadOnlyMemory<byte> first = builder.Build();
        Assert.True(first.Span == builder.Build().Span);
        builder.Compression = new BatchCompression(CompressionType.Zstd, 1);
        Assert.Equal(Values(0, 100), Read(builder.Build().ToArray(), CompressionType.Zstd));
    }

    [Theory]
    [InlineData(CompressionType.Snappy, 48)]
    [InlineData(CompressionType.Lz4, 0)]
    [InlineData(CompressionType.Zstd, 0)]
    [InlineData(CompressionType.Gzip, 2000)]
    public void Compressing_a_batch_allocates_nothing_but_what_the_gzip_stream_and_the_snappy_encoder_take(CompressionType type, int most)
    {
        RecordBatchBuilder builder = Builder(type, out _);
        long before = 0;
        const int Rounds = 50;
        for (int round = -5; round < Rounds; round++)
        {
            before = round == 0 ? GC.GetAllocatedBytesForCurrentThread() : before;
            builder.Reset();
            builder.Append(1, default, true, "value"u8, false);
            builder.Build();
        }

        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / Rounds, 0, most);
    }

    private static RecordBatchBuilder Builder(CompressionType type, out byte[] buffer) =>
        new(buffer = new byte[32 * 1024]) { Compression = new BatchCompression(type) };

    private static void Append(RecordBatchBuilder builder, int first, int count)
    {
        foreach (string value in Values(first, count))
        {
            builder.Append(1_700_000_000_000, default, isKeyNull: true, Encoding.UTF8.GetBytes(value), isValueNull: false);
        }
    }

    private static IEnumerable<string> Values(int first, int count) => Enumerable.Range(first, count).Select(static i => $"value {i} {new string('x', 100)}");

    private static List<string> Read(byte[] bytes, CompressionType type)
    {
        RecordBatchView batch = Codecs.View(bytes);
        Assert.True(batch.IsCrcValid());
        Assert.Equal((type, BatchAttributes.None), (batch.CompressionType, batch.Attributes & ~BatchAttributes.CompressionMask));
        using DecompressedRecords decompressed = batch.Decompress();
        RecordReader reader = batch.Records(decompressed);
        var values = new List<string>();
        while (reader.Read())
        {
            values.Add(Encoding.UTF8.GetString(reader.Value));
        }

        return values;
    }
}
