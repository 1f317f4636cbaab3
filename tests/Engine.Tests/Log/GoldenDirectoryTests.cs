using System.Globalization;
using System.Text.Json;
using Engine.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>Data directories of a real Kafka open here and answer as Kafka answered.</summary>
public sealed class GoldenDirectoryTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Indexes_are_Kafka_s_entry_for_entry_whether_they_are_read_or_made_again(bool isRead)
    {
        using var golden = new GoldenDirectory("clean");
        foreach (string partition in GoldenDirectory.Partitions("clean"))
        {
            IReadOnlyDictionary<string, string[]> dumps = GoldenDirectory.Dumps("clean", partition);
            foreach (string file in isRead ? [] : Directory.EnumerateFiles(Path.Combine(golden.Path, partition), "*index"))
            {
                File.Delete(file);
            }

            // The cleaner indexes the batches it has just rewritten; made again from its result,
            // entries come a little earlier or later.
            bool isCompacted = partition.StartsWith("compact", StringComparison.Ordinal) || partition.StartsWith("__", StringComparison.Ordinal);
            if (isCompacted && !isRead)
            {
                continue;
            }

            PartitionLog log = Open(golden, partition, isClean: true);
            foreach (LogSegment segment in log.Segments)
            {
                segment.Times.AppendNoted();
                Assert.Equal(
                    dumps[LogFiles.Of(segment.BaseOffset, ".index")],
                    segment.Offsets.Entries.ToArray().Select(entry => $"offset: {segment.BaseOffset + entry.RelativeOffset} position: {entry.Position}"));
                Assert.Equal(
                    dumps[LogFiles.Of(segment.BaseOffset, ".timeindex")],
                    segment.Times.Entries.ToArray().Select(entry => $"timestamp: {entry.Timestamp} offset: {segment.BaseOffset + entry.RelativeOffset}"));
                Assert.Equal(
                    dumps.GetValueOrDefault(LogFiles.Of(segment.BaseOffset, ".txnindex"), []),
                    segment.Transactions.Entries.ToArray().Select(static entry => $"version: 0 producerId: {entry.ProducerId} firstOffset: {entry.FirstOffset} lastOffset: {entry.LastOffset} lastStableOffset: {entry.LastStableOffset}"));
            }

            log.Release();
        }
    }

    [Fact]
    public void Snapshots_are_read_and_the_producers_made_again_from_the_records_are_the_same()
    {
        int compared = 0;
        foreach (string partition in GoldenDirectory.Partitions("clean"))
        {
            using var golden = new GoldenDirectory("clean");
            var storage = new FileStorage(golden.Path);
            IReadOnlyDictionary<string, string[]> dumps = GoldenDirectory.Dumps("clean", partition);
            foreach ((string file, string[] lines) in dumps.Where(static dump => dump.Key.EndsWith(".snapshot", StringComparison.Ordinal)))
            {
                Assert.True(LogFiles.TryParse(file, ".snapshot", out long offset));
                IReadOnlyList<LoggedProducer>? read = ProducerSnapshot.Read(storage, partition, offset);
                Assert.NotNull(read);
                Assert.Equal(lines.Select(Trimmed), read.Select(GoldenDirectory.Dump).Select(Trimmed));
                File.Delete(Path.Combine(golden.Path, partition, file));
                compared += lines.Length;
            }

            // Retention, DeleteRecords and compaction take records away whose producers Kafka remembers.
            if (partition is "retention-0" or "deleted-0" || partition.StartsWith("compact", StringComparison.Ordinal) || partition.StartsWith("__", StringComparison.Ordinal))
            {
                continue;
            }

            PartitionLog log = Open(golden, partition, isClean: true, out RecoveredLog recovered);
            string[] expected = dumps.GetValueOrDefault(LogFiles.Of(log.ReadEnd().Offset, ".snapshot"), []);
            Assert.Equal(expected.Select(Trimmed).Order(), recovered.Producers.All.Select(GoldenDirectory.Dump).Select(Trimmed).Order());
            log.Release();
        }

        Assert.True(compared > 20, $"only {compared} producers were compared");
    }

    [Fact]
    public async Task Offsets_by_time_are_those_that_Kafka_gave()
    {
        using var golden = new GoldenDirectory("clean");
        await using Broker broker = OpenClean(golden);
        int asked = 0;
        foreach (JsonElement answer in Answers("offsetForTime"))
        {
            // The log of 'load' is from a later time.
            var partition = new TopicPartition(answer.GetProperty("topic").GetString()!, 0);
            if (broker.DescribeTopic(partition.Topic, autoCreate: false, out _).IsSuccess)
            {
                ListedOffset found = broker.ListOffset(partition, answer.GetProperty("asked").GetInt64());
                Assert.Equal(
                    (partition, answer.GetProperty("offset").GetInt64(), answer.GetProperty("timestamp").GetInt64()),
                    (partition, found.Offset, found.Timestamp));
                asked++;
            }
        }

        Assert.True(asked > 300, $"only {asked} answers were compared");
        foreach (JsonElement answer in Answers("offsetSpec"))
        {
            long wanted = answer.GetProperty("spec").GetString() switch
            {
                "EarliestSpec" => ListedOffset.Earliest,
                "LatestSpec" => ListedOffset.Latest,
                _ => ListedOffset.MaxTimestamp,
            };
            ListedOffset found = broker.ListOffset(new TopicPartition(answer.GetProperty("topic").GetString()!, 0), wanted);
            Assert.Equal((answer.ToString(), answer.GetProperty("offset").GetInt64(), answer.GetProperty("timestamp").GetInt64()), (answer.ToString(), found.Offset, found.Timestamp));
        }
    }

    [Theory]
    [InlineData(IsolationLevel.ReadCommitted, "read_committed")]
    [InlineData(IsolationLevel.ReadUncommitted, "read_uncommitted")]
    public async Task Readers_see_of_transactions_what_Kafka_s_consumer_saw(IsolationLevel isolation, string name)
    {
        using var golden = new GoldenDirectory("clean");
        await using Broker broker = OpenClean(golden);
        long[] expected = [.. Answers("visible").Single(answer => answer.GetProperty("isolation").GetString() == name).GetProperty("offsets").EnumerateArray().Select(static offset => offset.GetInt64())];

        // When Kafka was asked, a transaction was open from 250 on; it was aborted later.
        for (int maxBytes = 200; maxBytes < 20_000; maxBytes *= 3)
        {
            List<long> seen = await VisibleAsync(broker, new TopicPartition("txn", 0), isolation, maxBytes);
            Assert.Equal(expected.Where(static offset => offset < 250), seen.Where(static offset => offset < 250));
        }
    }

    [Fact]
    public async Task Committed_offsets_of_Kafka_s_groups_are_there()
    {
        using var golden = new GoldenDirectory("clean");
        await using Broker broker = OpenClean(golden);
        int compared = 0;
        foreach (JsonElement answer in Answers("group"))
        {
            foreach (JsonProperty offset in answer.GetProperty("offsets").EnumerateObject())
            {
                // The copy holds one of the topic's partitions; the others' offsets are loaded and not asked for.
                int dash = offset.Name.LastIndexOf('-');
                var partition = new TopicPartition(offset.Name[..dash], int.Parse(offset.Name.AsSpan(dash + 1), CultureInfo.InvariantCulture));
                Assert.Equal(offset.Value.GetInt64(), broker.Groups.FetchOffsets(answer.GetProperty("id").GetString()!, [partition])[0].Committed?.Offset);
                compared++;
            }
        }

        Assert.True(compared > 0);
    }

    [Fact]
    public async Task A_directory_of_a_killed_Kafka_recovers_to_the_same_state_as_in_Kafka()
    {
        using var golden = new GoldenDirectory("unclean");
        await using Broker broker = Broker.Open(new BrokerSettings { Storage = new CheckedStorage(new FileStorage(golden.Path)) });
        foreach (string partition in new[] { "load-0", "idempotent-0", "txn-0", "epochs-0" })
        {
            var topic = new TopicPartition(partition[..^2], 0);
            string[] recovered = File.ReadAllLines(Path.Combine(GoldenDirectory.Root, "decoded", "recovered", partition + ".jsonl"));

            // Kafka went on with one more batch in 'epochs' after its recovery.
            string[] expected = [.. (partition == "epochs-0" ? recovered[..^1] : recovered).Select(BatchOf)];
            Assert.Equal(expected, await BatchesAsync(broker, topic));

            string[] epochs = [.. broker.FindLog(topic)!.Upkeep.LeaderEpochs.Entries.Select(static entry => $"{entry.Epoch} {entry.StartOffset}")];
            string[] kafkaEpochs = File.ReadAllLines(Path.Combine(GoldenDirectory.Root, "decoded", "recovered", partition + ".epochs"))[2..];
            broker.ListOffsets(topic, out _, out long end);
            Assert.Equal(kafkaEpochs.Where(epoch => long.Parse(epoch.Split(' ')[1], CultureInfo.InvariantCulture) < end), epochs[..^1]);
            Assert.Equal(end, long.Parse(epochs[^1].Split(' ')[1], CultureInfo.InvariantCulture));
        }

        var offsets = new HashSet<long>((await BatchesAsync(broker, new TopicPartition("load", 0))).SelectMany(static batch =>
        {
            long[] range = [.. batch.Split(' ')[..2].Select(static number => long.Parse(number, CultureInfo.InvariantCulture))];
            return Enumerable.Range(0, (int)(range[1] - range[0]) + 1).Select(delta => range[0] + delta);
        }));
        Assert.All(File.ReadAllLines(Path.Combine(GoldenDirectory.Root, "unclean-acked-offsets.txt")), line => Assert.Contains(long.Parse(line, CultureInfo.InvariantCulture), offsets));
    }

    [Fact]
    public void Producers_of_a_recovered_log_are_those_that_Kafka_wrote_down_after_its_recovery()
    {
        using var golden = new GoldenDirectory("unclean");
        foreach (string partition in new[] { "load-0", "idempotent-0", "txn-0" })
        {
            PartitionLog log = Open(golden, partition, isClean: false, out RecoveredLog recovered);
            string[] expected = GoldenDirectory.Dumps("recovered", partition)[LogFiles.Of(log.ReadEnd().Offset, ".snapshot")];

            // Kafka forgets producers that were silent for a day, and most of these records are
            // years old: what it kept is the same, and it kept those that are not that old.
            string[] made = [.. recovered.Producers.All.Select(GoldenDirectory.Dump).Select(Trimmed)];
            Assert.Subset(made.ToHashSet(), expected.Select(Trimmed).ToHashSet());
            IEnumerable<string> young = recovered.Producers.All.Where(static producer => producer.Timestamp > 1_790_000_000_000).Select(GoldenDirectory.Dump).Select(Trimmed);
            Assert.Subset(expected.Select(Trimmed).ToHashSet(), young.ToHashSet());
            log.Release();
        }
    }

    private static string Trimmed(string line) => line.Trim();

    private static PartitionLog Open(GoldenDirectory golden, string partition, bool isClean) => Open(golden, partition, isClean, out _);

    private static PartitionLog Open(GoldenDirectory golden, string partition, bool isClean, out RecoveredLog recovered)
    {
        var storage = new FileStorage(golden.Path);
        var settings = new LogSettings { IsCompacted = partition.StartsWith("compact", StringComparison.Ordinal) || partition.StartsWith("__", StringComparison.Ordinal) };
        recovered = new LogRecovery(storage, partition, settings, new RecoveryInputs(isClean), TimeProvider.System, NullLogger.Instance).Open();
        return new PartitionLog(new LogContext(storage, new TopicPartition(partition[..^2], 0), partition, settings, TimeProvider.System), recovered);
    }

    private static Broker OpenClean(GoldenDirectory golden)
    {
        File.WriteAllText(Path.Combine(golden.Path, ".kafka_cleanshutdown"), """{"version":0,"brokerEpoch":11}""");
        return Broker.Open(new BrokerSettings { Storage = new CheckedStorage(new FileStorage(golden.Path)) });
    }

    private static IEnumerable<JsonElement> Answers(string kind) => File.ReadLines(Path.Combine(GoldenDirectory.Root, "answers.jsonl"))
        .Select(static line => JsonDocument.Parse(line).RootElement)
        .Where(answer => answer.TryGetProperty(kind, out _))
        .Select(answer => answer.GetProperty(kind));

    private static string BatchOf(string line)
    {
        JsonElement batch = JsonDocument.Parse(line).RootElement;
        return $"{batch.GetProperty("baseOffset")} {batch.GetProperty("lastOffset")} {batch.GetProperty("sizeBytes")} {batch.GetProperty("producerId")} {batch.GetProperty("leaderEpoch")}";
    }

    private static async Task<List<string>> BatchesAsync(Broker broker, TopicPartition partition)
    {
        var batches = new List<string>();
        long offset = 0;
        while (true)
        {
            using FetchResponse response = await broker.FetchAsync(new FetchRequest { Partitions = [new FetchPartition(partition, offset)], MaxWaitMs = 0 });
            if (response.Partitions[0].Records.IsEmpty)
            {
                return batches;
            }

            Collect(response.Partitions[0].Records.Span, batches, ref offset);
        }
    }

    private static void Collect(ReadOnlySpan<byte> bytes, List<string> batches, ref long offset)
    {
        while (RecordBatchView.TryRead(bytes, out RecordBatchView batch))
        {
            Assert.True(batch.IsCrcValid());
            batches.Add($"{batch.BaseOffset} {batch.LastOffset} {batch.SizeBytes} {batch.ProducerId} {batch.PartitionLeaderEpoch}");
            offset = batch.LastOffset + 1;
            bytes = bytes[batch.SizeBytes..];
        }
    }

    /// <summary>
    /// Reads as Kafka's consumer does: markers are left out, and of aborted producers
    /// everything up to their marker.
    /// </summary>
    private static async Task<List<long>> VisibleAsync(Broker broker, TopicPartition partition, IsolationLevel isolation, int maxBytes)
    {
        var visible = new List<long>();
        long offset = 0;
        while (true)
        {
            using FetchResponse response = await broker.FetchAsync(new FetchRequest { Partitions = [new FetchPartition(partition, offset, maxBytes)], MaxWaitMs = 0, IsolationLevel = isolation });
            FetchedPartition fetched = response.Partitions[0];
            if (fetched.Records.IsEmpty)
            {
                Assert.Equal(isolation == IsolationLevel.ReadCommitted ? fetched.LastStableOffset : fetched.HighWatermark, offset);
                return visible;
            }

            Filter(fetched, visible, ref offset);
        }
    }

    private static void Filter(FetchedPartition fetched, List<long> visible, ref long offset)
    {
        var pending = new Queue<AbortedTransactionRange>((fetched.AbortedTransactions ?? []).OrderBy(static aborted => aborted.FirstOffset));
        var aborted = new HashSet<long>();
        ReadOnlySpan<byte> bytes = fetched.Records.Span;
        while (RecordBatchView.TryRead(bytes, out RecordBatchView batch))
        {
            while (pending.TryPeek(out AbortedTransactionRange next) && next.FirstOffset <= batch.LastOffset)
            {
                aborted.Add(pending.Dequeue().ProducerId);
            }

            using var decompressed = batch.Decompress();
            RecordReader records = batch.Records(decompressed);
            while (records.Read())
            {
                if (batch.IsControl)
                {
                    _ = records.Key[3] == 0 && aborted.Remove(batch.ProducerId);
                }
                else if (!batch.IsTransactional || !aborted.Contains(batch.ProducerId))
                {
                    visible.Add(records.Offset);
                }
            }

            offset = batch.LastOffset + 1;
            bytes = bytes[batch.SizeBytes..];
        }
    }
}
