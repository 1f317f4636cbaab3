using System.Text.Json.Nodes;
using Engine.Tests.Records;
using Engine.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Zurau;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log.Cleaning;

/// <summary>What Kafka's cleaner left of a log is what ours leaves of the same log.</summary>
public sealed class GoldenCleaningTests
{
    private const long Day = 24L * 60 * 60 * 1000;

    [Theory]
    [InlineData("compact", 1795339507785 - Day)]
    [InlineData("compact-txn", 1795339542046 - Day)]
    public void A_log_that_Kafka_cleaned_has_the_records_that_are_left_when_we_clean_it(string topic, long nowMs) // C2, C3, C4, C5, C6
    {
        using var golden = new GoldenDirectory("compaction");
        PartitionLog log = Open(golden, $"{topic}-before", deleteRetentionMs: Day);
        log.Clean(nowMs);
        AssertBatches($"{topic}-after", log);
        Assert.True(log.Close().IsOk);
        log.Release();

        PartitionLog reopened = Open(golden, $"{topic}-before", deleteRetentionMs: Day);
        AssertBatches($"{topic}-after", reopened);
        reopened.Release();
    }

    // The first one's tombstones are deleted: one cleaning set their delete horizon, the
    // next one removed them.
    [Theory]
    [InlineData("compact", 2)]
    [InlineData("compact-txn", 1)]
    public void Cleaned_a_second_time_it_has_what_Kafka_left_the_second_time(string topic, int cleanings) // C2, C3, C4, C5, C6
    {
        using var golden = new GoldenDirectory("compaction");
        AddSecondRound(golden.Path, $"{topic}-after", $"{topic}-after-twice");
        PartitionLog log = Open(golden, $"{topic}-after", deleteRetentionMs: 0);
        for (int i = 0; i < cleanings; i++)
        {
            log.Clean(1795253157150 + i);
        }

        AssertBatches($"{topic}-after-twice", log);
        Assert.True(log.Close().IsOk);
        log.Release();
    }

    /// <summary>
    /// Adds to the log of the first round what is left of the records that came before the
    /// second one. The removed ones were followed by others of their keys, so that they
    /// change nothing.
    /// </summary>
    private static void AddSecondRound(string root, string first, string second)
    {
        long end = GoldenLogs.Batches(first).Max(static bytes => View(bytes).LastOffset) + 1;
        foreach ((string file, byte[] segment) in GoldenLogs.Segments(second))
        {
            using FileStream target = File.Open(Path.Combine(root, first, file), FileMode.Append);
            for (int position = 0; RecordBatchView.TryRead(segment.AsSpan(position), out RecordBatchView batch); position += batch.SizeBytes)
            {
                if (batch.BaseOffset >= end)
                {
                    target.Write(batch.Bytes);
                }
            }
        }
    }

    private static RecordBatchView View(byte[] bytes) => RecordBatchView.TryRead(bytes, out RecordBatchView batch) ? batch : throw new InvalidDataException();

    private static PartitionLog Open(GoldenDirectory golden, string folder, long deleteRetentionMs)
    {
        var storage = new FileStorage(golden.Path);
        var settings = new LogSettings { IsCompacted = true, HasDeletePolicy = false, SegmentBytes = 1 << 20, DeleteRetentionMs = deleteRetentionMs };
        RecoveredLog recovered = new LogRecovery(storage, folder, settings, RecoveryInputs.CleanShutdown, TimeProvider.System, NullLogger.Instance).Open();
        return new PartitionLog(new LogContext(storage, new TopicPartition("compact", 0), folder, settings, TimeProvider.System), recovered);
    }

    private static void AssertBatches(string expected, PartitionLog log)
    {
        string[] wanted = [.. GoldenLogs.Decoded(expected).Select(static line => Content(JsonNode.Parse(line)!.AsObject()))];
        string[] found = [.. Batches(log).Select(static batch => Content(Describe(batch)))];
        for (int i = 0; i < Math.Min(wanted.Length, found.Length); i++)
        {
            Assert.Equal(wanted[i], found[i]);
        }

        Assert.Equal(wanted.Length, found.Length);
    }

    /// <summary>
    /// All but where the batch lies, and how many bytes its records' timestamps take.
    /// </summary>
    private static string Content(JsonObject batch)
    {
        batch.Remove("file");
        batch.Remove("position");
        batch.Remove("sizeBytes");
        return batch.ToJsonString();
    }

    private static JsonObject Describe(byte[] bytes)
    {
        Assert.True(RecordBatchView.TryRead(bytes, out RecordBatchView batch));
        return DecodedBatch.Describe("", 0, batch);
    }

    private static List<byte[]> Batches(PartitionLog log)
    {
        var batches = new List<byte[]>();
        long offset = log.LogStartOffset;
        while (log.Reader.Read(offset, 1 << 20, null, out RecordLease? lease, out _) == ErrorCode.None && lease is not null)
        {
            ReadOnlySpan<byte> bytes = lease.Bytes.Span;
            while (RecordBatchView.TryRead(bytes, out RecordBatchView batch))
            {
                batches.Add(batch.Bytes.ToArray());
                offset = batch.LastOffset + 1;
                bytes = bytes[batch.SizeBytes..];
            }

            lease.Release();
        }

        return batches;
    }
}
