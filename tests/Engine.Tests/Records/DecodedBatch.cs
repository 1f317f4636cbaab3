using System.Text.Json.Nodes;
using Zurau;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;

namespace Engine.Tests.Records;

/// <summary>Describes a batch in the words of the recorded decodings of Kafka's reader.</summary>
internal static class DecodedBatch
{
    /// <summary>A line through the parser, so that white space plays no part.</summary>
    internal static string Canonical(string json) => JsonNode.Parse(json)!.ToJsonString();

    internal static JsonObject Describe(string file, int position, RecordBatchView batch)
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
        };
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
