using System.Text.Json;
using System.Text.Json.Nodes;
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
                Assert.Equal(Canonical(expected[line++]), Describe(file, position, batch));
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

    // Through the parser, so that white space plays no part.
    private static string Canonical(string json) => JsonNode.Parse(json)!.ToJsonString();

    private static string Describe(string file, int position, RecordBatchView batch)
    {
        bool hasHorizon = (batch.Attributes & BatchAttributes.HasDeleteHorizon) != 0;
        var records = new JsonArray();
        using DecompressedRecords decompressed = batch.Decompress();
        RecordReader reader = batch.Records(decompressed);
        while (reader.Read())
        {
            records.Add(Describe(batch, reader));
        }

        return new JsonObject
        {
            ["file"] = file,
            ["position"] = position,
            ["sizeBytes"] = batch.SizeBytes,
            ["baseOffset"] = batch.BaseOffset,
            ["lastOffset"] = batch.LastOffset,
            ["leaderEpoch"] = batch.PartitionLeaderEpoch,
            ["codec"] = batch.CompressionType.ToString().ToLowerInvariant(),
            ["timestampType"] = batch.TimestampType.ToString(),
            ["transactional"] = batch.IsTransactional,
            ["control"] = batch.IsControl,
            ["deleteHorizonMs"] = hasHorizon ? batch.BaseTimestamp : null,
            ["maxTimestamp"] = batch.MaxTimestamp,
            ["producerId"] = batch.ProducerId,
            ["producerEpoch"] = batch.ProducerEpoch,
            ["baseSequence"] = batch.BaseSequence,
            ["lastSequence"] = Sequence(batch, batch.LastOffset),
            ["count"] = batch.RecordsCount,
            ["valid"] = batch.IsCrcValid(),
            ["records"] = records,
        }.ToJsonString();
    }

    private static JsonObject Describe(RecordBatchView batch, RecordReader record)
    {
        var headers = new JsonArray();
        HeaderReader reader = record.Headers;
        while (reader.Read())
        {
            headers.Add(new JsonArray(System.Text.Encoding.UTF8.GetString(reader.Key), reader.IsValueNull ? null : Bytes(reader.Value)));
        }

        Assert.Equal(headers.Count, record.HeaderCount);
        return new JsonObject
        {
            ["offset"] = record.Offset,
            ["timestamp"] = record.Timestamp,
            ["sequence"] = Sequence(batch, record.Offset),
            ["key"] = record.IsKeyNull ? null : Bytes(record.Key),
            ["value"] = record.IsValueNull ? null : Bytes(record.Value),
            ["headers"] = headers,
        };
    }

    private static JsonNode Bytes(ReadOnlySpan<byte> bytes) => bytes.Length <= 256
        ? JsonValue.Create(Convert.ToHexStringLower(bytes))
        : new JsonObject { ["length"] = bytes.Length, ["crc32c"] = Crc32C.Compute(bytes) };

    private static int Sequence(RecordBatchView batch, long offset) =>
        batch.BaseSequence < 0 ? -1 : (int)((batch.BaseSequence + (offset - batch.BaseOffset)) & int.MaxValue);
}
