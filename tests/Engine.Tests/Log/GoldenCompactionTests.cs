using System.Text.Json;
using Engine.Tests.Records;
using Engine.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>
/// Logs that Kafka's cleaner made gaps into open here, keep their files and serve the
/// same batches.
/// </summary>
public sealed class GoldenCompactionTests
{
    public static TheoryData<string> Folders => new(GoldenLogs.Compacted);

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_compacted_log_opens_whole_after_a_clean_stop_and_after_a_crash(string folder)
    {
        Span[] expected = [.. GoldenLogs.Decoded(folder).Select(Span.Of)];
        foreach (bool isClean in (bool[])[true, false])
        {
            using var golden = new GoldenDirectory("compaction");
            Dictionary<string, long> before = Lengths(golden, folder);
            PartitionLog log = Open(golden, folder, isClean, out RecoveredLog recovered);
            Assert.Equal(0, recovered.DiscardedBytes);
            Assert.Equal(expected[^1].Last + 1, log.ReadEnd().Offset);
            Assert.Equal(expected, ReadBatches(log, 0, 1 << 20));
            Assert.Equal(before.Where(IsSegment), Lengths(golden, folder).Where(IsSegment));
            log.Release();
        }
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_fetch_inside_a_gap_begins_with_the_next_batch_there_is(string folder) // L2
    {
        Span[] expected = [.. GoldenLogs.Decoded(folder).Select(Span.Of)];
        using var golden = new GoldenDirectory("compaction");
        PartitionLog log = Open(golden, folder, isClean: true, out _);
        int next = 0;
        for (long offset = 0; offset < log.ReadEnd().Offset; offset++)
        {
            next += offset > expected[next].Last ? 1 : 0;
            Assert.Equal(ErrorCode.None, log.Reader.Read(offset, 1, null, out RecordLease? lease, out _));
            Assert.True(RecordBatchView.TryRead(lease!.Bytes.Span, out RecordBatchView batch));
            Assert.Equal(expected[next], new Span(batch.BaseOffset, batch.LastOffset, batch.RecordsCount));
            lease.Release();
        }

        log.Release();
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Indexes_and_snapshots_of_a_compacted_log_are_read_as_Kafka_wrote_them(string folder)
    {
        using var golden = new GoldenDirectory("compaction");
        IReadOnlyDictionary<string, string[]> dumps = GoldenDirectory.Dumps("compaction", folder);
        PartitionLog log = Open(golden, folder, isClean: true, out _);
        foreach (LogSegment segment in log.Segments.Where(static segment => SegmentWord.Position(segment.Published) > 0))
        {
            Assert.Equal(
                dumps[LogFiles.Of(segment.BaseOffset, ".index")],
                segment.Offsets.Entries.ToArray().Select(entry => $"offset: {segment.BaseOffset + entry.RelativeOffset} position: {entry.Position}"));
            Assert.Equal(
                dumps.GetValueOrDefault(LogFiles.Of(segment.BaseOffset, ".txnindex"), []),
                segment.Transactions.Entries.ToArray().Select(static entry => $"version: 0 producerId: {entry.ProducerId} firstOffset: {entry.FirstOffset} lastOffset: {entry.LastOffset} lastStableOffset: {entry.LastStableOffset}"));
        }

        var storage = new FileStorage(golden.Path);
        foreach ((string file, string[] lines) in dumps.Where(static dump => dump.Key.EndsWith(".snapshot", StringComparison.Ordinal)))
        {
            Assert.True(LogFiles.TryParse(file, ".snapshot", out long offset));
            IReadOnlyList<LoggedProducer>? read = ProducerSnapshot.Read(storage, folder, offset);
            Assert.Equal(lines.Select(static line => line.Trim()), read!.Select(static producer => GoldenDirectory.Dump(producer).Trim()));
        }

        log.Release();
    }

    [Fact]
    public async Task Logs_that_Kafka_cleaned_before_a_crash_are_adopted_durably_even_if_the_next_startup_follows_a_crash()
    {
        using var golden = new GoldenDirectory("compaction");
        Directory.Move(Path.Combine(golden.Path, "compact-after"), Path.Combine(golden.Path, "compact-0"));
        foreach (string other in Directory.GetDirectories(golden.Path).Where(static path => !path.EndsWith("compact-0", StringComparison.Ordinal)))
        {
            Directory.Delete(other, recursive: true);
        }

        // The cleaner was at work when it happened: what it had done was not written down.
        File.WriteAllText(Path.Combine(golden.Path, "cleaner-offset-checkpoint"), "0\n1\ncompact 0 1\n");
        using var copy = new TestDirectory(isChecked: false);
        int records = GoldenLogs.Decoded("compact-after").Sum(static line => JsonDocument.Parse(line).RootElement.GetProperty("count").GetInt32());
        var partition = new TopicPartition("compact", 0);
        await using (Broker first = Open(golden.Path))
        {
            Assert.Equal(records, (await first.ReadAllAsync(partition, 0)).Count);
            foreach (string file in Directory.GetFiles(golden.Path, "*", SearchOption.AllDirectories).Where(static file => !file.EndsWith(".lock", StringComparison.Ordinal)))
            {
                string target = Path.Combine(copy.Path, Path.GetRelativePath(golden.Path, file));
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.Copy(file, target);
            }
        }

        await using Broker second = Open(copy.Path);
        Assert.Equal(records, (await second.ReadAllAsync(partition, 0)).Count);

        static Broker Open(string path) => Broker.Open(new BrokerSettings { Storage = new FileStorage(path), DutyPump = new SteppedPump(new SteppedTime()) });
    }

    private static PartitionLog Open(GoldenDirectory golden, string folder, bool isClean, out RecoveredLog recovered)
    {
        var storage = new FileStorage(golden.Path);
        var settings = new LogSettings { IsCompacted = true };
        recovered = new LogRecovery(storage, folder, settings, new RecoveryInputs(isClean, CleanedOffset: null), TimeProvider.System, NullLogger.Instance).Open();
        return new PartitionLog(new LogContext(storage, new TopicPartition("compact", 0), folder, settings, TimeProvider.System), recovered);
    }

    private static Dictionary<string, long> Lengths(GoldenDirectory golden, string folder) =>
        Directory.EnumerateFiles(Path.Combine(golden.Path, folder)).Order().ToDictionary(static file => Path.GetFileName(file), static file => new FileInfo(file).Length);

    private static bool IsSegment(KeyValuePair<string, long> file) => file.Key.EndsWith(".log", StringComparison.Ordinal);

    private static List<Span> ReadBatches(PartitionLog log, long offset, int maxBytes)
    {
        var batches = new List<Span>();
        while (log.Reader.Read(offset, maxBytes, null, out RecordLease? lease, out _) == ErrorCode.None && lease is not null)
        {
            ReadOnlySpan<byte> bytes = lease.Bytes.Span;
            while (RecordBatchView.TryRead(bytes, out RecordBatchView batch))
            {
                batches.Add(new Span(batch.BaseOffset, batch.LastOffset, batch.RecordsCount));
                offset = batch.LastOffset + 1;
                bytes = bytes[batch.SizeBytes..];
            }

            lease.Release();
        }

        return batches;
    }

    private sealed record Span(long First, long Last, int Count)
    {
        internal static Span Of(string line)
        {
            JsonElement batch = JsonDocument.Parse(line).RootElement;
            return new Span(batch.GetProperty("baseOffset").GetInt64(), batch.GetProperty("lastOffset").GetInt64(), batch.GetProperty("count").GetInt32());
        }
    }
}
