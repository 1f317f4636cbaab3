using Zurau;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;

namespace Engine.Tests.Records;

/// <summary>Every batch that a real Kafka wrote is read as Kafka's own reader reads it.</summary>
public sealed class GoldenBatchTests
{
    public static TheoryData<string> Partitions => new(GoldenLogs.Partitions.Concat(GoldenLogs.Compacted));

    [Theory]
    [MemberData(nameof(Partitions))]
    public void Every_batch_and_record_is_what_Kafka_s_reader_recorded(string partition)
    {
        string[] expected = GoldenLogs.Decoded(partition);
        Assert.NotEmpty(expected);
        int line = 0;
        foreach ((string file, byte[] bytes) in GoldenLogs.Segments(partition))
        {
            int position = 0;
            while (RecordBatchView.TryRead(bytes.AsSpan(position), out RecordBatchView batch))
            {
                Assert.True(line < expected.Length, $"{partition} has more than {expected.Length} batches");
                Assert.Equal(DecodedBatch.Canonical(expected[line++]), DecodedBatch.Describe(file, position, batch).ToJsonString());
                position += batch.SizeBytes;
            }

            Assert.Equal(bytes.Length, position);
        }

        Assert.Equal(expected.Length, line);
    }

    [Fact]
    public void Every_codec_framing_control_batch_and_delete_horizon_is_among_them()
    {
        var codecs = new HashSet<CompressionType>();
        var seen = new HashSet<string>();
        foreach (byte[] bytes in GoldenLogs.Partitions.SelectMany(GoldenLogs.Batches))
        {
            RecordBatchView.TryRead(bytes, out RecordBatchView batch);
            codecs.Add(batch.CompressionType);
            seen.Add(batch.IsControl ? "control" : batch.RecordsCount == 0 ? "empty" : "data");
            seen.Add(batch.TimestampType.ToString());
            seen.Add((batch.Attributes & BatchAttributes.HasDeleteHorizon) != 0 ? "horizon" : "no horizon");
            if (batch.CompressionType == CompressionType.Snappy)
            {
                seen.Add(batch.RecordsBytes[0] == 0x82 ? "xerial" : "raw");
            }
        }

        Assert.Equal(Enum.GetValues<CompressionType>(), codecs.Order());
        Assert.Equal(["control", "CreateTime", "data", "empty", "horizon", "LogAppendTime", "no horizon", "raw", "xerial"], seen.Order(StringComparer.OrdinalIgnoreCase));
    }
}
