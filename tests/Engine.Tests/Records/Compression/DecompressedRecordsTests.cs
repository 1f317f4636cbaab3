using System.Text;
using Zurau;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;

namespace Engine.Tests.Records.Compression;

/// <summary>Who owns the decompressed bytes, and how many there may be.</summary>
public sealed class DecompressedRecordsTests
{
    private const int Megabyte = 1024 * 1024;

    public static TheoryData<CompressionType> Types => new(Enum.GetValues<CompressionType>().Where(static type => type != CompressionType.None));

    [Fact]
    public void A_batch_that_is_not_compressed_is_read_in_place_and_allocates_nothing()
    {
        byte[] bytes = Support.Batches.Of("a", "b");
        Assert.Equal("ab", ReadValues(bytes));
        long before = GC.GetAllocatedBytesForCurrentThread();
        RecordBatchView batch = Codecs.View(bytes);
        int count = 0;
        using (DecompressedRecords decompressed = batch.Decompress())
        {
            RecordReader reader = batch.Records(decompressed);
            while (reader.Read())
            {
                count++;
            }
        }

        Assert.Equal((0L, 2), (GC.GetAllocatedBytesForCurrentThread() - before, count));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void A_compressed_batch_can_be_read_as_often_as_wanted_until_it_is_disposed(CompressionType type)
    {
        byte[] plain = Support.Batches.Of("a", "b", "c");
        byte[] bytes = Codecs.Batch(type, Codecs.Compress(type, plain[BatchLayout.HeaderSize..]));
        bytes[BatchLayout.RecordsCount + 3] = 3;
        DecompressedRecords decompressed = Codecs.View(bytes).Decompress();
        Assert.Equal("abc", ReadValues(bytes, decompressed));
        Assert.Equal("abc", ReadValues(bytes, decompressed));
        Assert.Equal(plain.Length - BatchLayout.HeaderSize, decompressed.SizeBytes);

        decompressed.Dispose();
        decompressed.Dispose();
        Assert.Throws<ObjectDisposedException>(() => ReadValues(bytes, decompressed));
        Assert.Throws<InvalidRecordException>(() => Codecs.View(bytes).Records());
    }

    [Fact]
    public void The_records_of_another_batch_are_refused()
    {
        byte[] first = Codecs.Batch(CompressionType.Gzip, Codecs.Gzip([]));
        byte[] second = Codecs.Batch(CompressionType.Gzip, Codecs.Gzip([]));
        second[7]++;
        using DecompressedRecords decompressed = Codecs.View(first).Decompress();
        using DecompressedRecords inPlace = Codecs.View(Support.Batches.Of("a")).Decompress();

        Assert.Equal("", ReadValues(first, decompressed));
        Assert.Throws<ArgumentException>(() => ReadValues(second, decompressed));
        Assert.Throws<ArgumentException>(() => ReadValues(first, inPlace));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Exactly_the_bound_comes_out_and_one_byte_more_is_refused_with_both_numbers(CompressionType type)
    {
        foreach (int bound in (int[])[1, 4095, 4096, 65_536, 65_537, Megabyte])
        {
            Assert.Equal(bound, Codecs.Decompress(type, Codecs.Compress(type, new byte[bound]), bound).Length);
            string refusal = Codecs.Refusal(type, Codecs.Compress(type, new byte[bound + 1]), bound);
            Assert.Contains($"{bound}", refusal, StringComparison.Ordinal);
            if (type != CompressionType.Lz4)
            {
                Assert.Contains($"at least {bound + 1} bytes, the maximum is {bound}", refusal, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void A_bomb_is_stopped_before_it_takes_memory(CompressionType type)
    {
        byte[] batch = Codecs.Batch(type, Codecs.Compress(type, new byte[16 * Megabyte]));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<InvalidRecordException>(() => Codecs.View(batch).Decompress(Megabyte));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 6 * Megabyte);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_bound_that_nothing_can_keep_is_refused(int bound) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Codecs.View(Support.Batches.Of("a")).Decompress(bound));

    private static string ReadValues(byte[] bytes)
    {
        using DecompressedRecords decompressed = Codecs.View(bytes).Decompress();
        return ReadValues(bytes, decompressed);
    }

    private static string ReadValues(byte[] bytes, DecompressedRecords decompressed)
    {
        var values = new StringBuilder();
        RecordReader reader = Codecs.View(bytes).Records(decompressed);
        while (reader.Read())
        {
            values.Append(Encoding.UTF8.GetString(reader.Value));
        }

        return values.ToString();
    }
}
