using System.Text;
using Zurau;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;

namespace Client.Tests.Support;

/// <summary>A record as a log received it, with text for bytes.</summary>
internal sealed record FakeRecord(long Offset, string? Key, string? Value, long TimestampMs, IReadOnlyList<Header> Headers, int BatchCount, int BatchBytes)
{
    /// <summary>Reads one batch, checking it as a log does.</summary>
    internal static List<FakeRecord> ReadAll(ReadOnlySpan<byte> bytes, long baseOffset)
    {
        Assert.True(RecordBatchView.TryRead(bytes, out RecordBatchView batch));
        Assert.Equal(bytes.Length, batch.SizeBytes);
        Assert.True(batch.IsCrcValid());
        Assert.Equal(0, batch.BaseOffset);
        Assert.Equal(batch.RecordsCount, batch.LastOffsetDelta + 1);
        var records = new List<FakeRecord>();
        using DecompressedRecords decompressed = batch.Decompress();
        RecordReader reader = batch.Records(decompressed);
        while (reader.Read())
        {
            records.Add(new FakeRecord(
                baseOffset + reader.Offset,
                reader.IsKeyNull ? null : Encoding.UTF8.GetString(reader.Key),
                reader.IsValueNull ? null : Encoding.UTF8.GetString(reader.Value),
                reader.Timestamp,
                reader.Headers.ToHeaders(),
                batch.RecordsCount,
                batch.SizeBytes));
        }

        Assert.Equal(batch.RecordsCount, records.Count);
        return records;
    }
}
