using System.Buffers.Binary;
using System.Text.RegularExpressions;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Storage;

namespace Interop.Tests;

/// <summary>
/// Kafka's own dump tool reads what our cleaner left, and finds in it what Kafka's
/// cleaner leaves of the same log.
/// </summary>
public sealed partial class CleanedDumpTests
{
    private const int DayMs = 24 * 60 * 60 * 1000;
    private static readonly string s_golden = Path.Combine(AppContext.BaseDirectory, "golden", "compaction");

    [KafkaFact]
    public async Task A_cleaned_log_and_its_indexes_are_read_without_a_complaint_and_hold_the_same_records()
    {
        using var directory = new TestDirectory();
        int written = await CleanedPartition.WriteAsync(directory.Path);
        string data = directory.At("t-0");

        string records = await KafkaTools.DumpAsync(Dump.Files(data, "*.log"), "--deep-iteration", "--print-data-log");
        Dump.AssertNoComplaint(records);
        string[] read = await CleanedPartition.ReadAsync(directory.Path);
        Assert.InRange(read.Length, 40, written / 4);
        Assert.Equal(read.Select(static line => line.Split('\t')).Select(static fields => $"{fields[1]} {fields[3]}"), KeysOf(records));
        Assert.Contains("endTxnMarker: COMMIT", records, StringComparison.Ordinal);
        Assert.Contains("deleteHorizonMs: OptionalLong[", records, StringComparison.Ordinal);

        // The log's own index files, of segments that were cleaned and of those that were not.
        string[] indexes = [.. Dump.Files(data, "*.index"), .. Dump.Files(data, "*.timeindex")];
        Dump.AssertNoComplaint(await KafkaTools.DumpAsync(indexes, "--index-sanity-check"));
        Dump.AssertNoComplaint(await KafkaTools.DumpAsync(indexes, "--verify-index-only"));
        Dump.AssertNoComplaint(await KafkaTools.DumpAsync([.. Dump.Files(data, "*.txnindex"), .. Dump.Files(data, "*.snapshot")]));
    }

    [KafkaFact]
    public Task A_log_of_Kafka_s_that_we_clean_twice_is_to_its_dump_tool_what_Kafka_s_cleaner_left_twice() =>
        CleanTwiceAsync("compact", 1795339507785 - DayMs, cleanings: 2);

    [KafkaFact]
    public Task A_log_with_transactions_that_we_clean_twice_is_to_the_dump_tool_what_Kafka_s_cleaner_left_twice() =>
        CleanTwiceAsync("compact-txn", 1795339542046 - DayMs, cleanings: 1);

    private static async Task CleanTwiceAsync(string topic, long nowMs, int cleanings)
    {
        using var directory = new TestDirectory(isChecked: false); // The second round adds segments under the checkpoint of the first.
        string data = directory.At($"{topic}-0");
        Copy(Path.Combine(s_golden, $"{topic}-before"), data);
        var time = new SteppedTime(nowMs);
        await CleanAsync(directory.Path, topic, time, deleteRetentionMs: DayMs);
        Assert.Equal(await DumpAsync(Path.Combine(s_golden, $"{topic}-after")), await DumpAsync(data));

        AddSecondRound(data, $"{topic}-after", $"{topic}-after-twice");
        time.Advance(1795253157150 - time.NowMs);
        for (int i = 0; i < cleanings; i++)
        {
            // Without its checkpoint all of the log counts as dirty.
            File.Delete(directory.At("cleaner-offset-checkpoint"));
            await CleanAsync(directory.Path, topic, time, deleteRetentionMs: 0);
            time.Advance(1);
        }

        Assert.Equal(await DumpAsync(Path.Combine(s_golden, $"{topic}-after-twice")), await DumpAsync(data));
    }

    /// <summary>Takes the directory over, has the cleaner run once, and closes it.</summary>
    private static async Task CleanAsync(string directory, string topic, SteppedTime time, long deleteRetentionMs)
    {
        var pump = new SteppedPump(time);
        await using var broker = Broker.Open(new BrokerSettings { Storage = new FileStorage(directory), TimeProvider = time, DutyPump = pump, LogCleanerBackoffMs = 0 });
        ErrorResult result = broker.AlterTopicConfigs(topic,
        [
            new ConfigChange("cleanup.policy", "compact"),
            new ConfigChange("delete.retention.ms", $"{deleteRetentionMs}"),
            new ConfigChange("min.cleanable.dirty.ratio", "0"),
            new ConfigChange("segment.bytes", $"{1 << 20}"),
        ]);
        Assert.True(result.IsSuccess, result.Message);
        pump.Step();
        Assert.Empty(broker.UncleanablePartitions);
        Assert.True(File.Exists(Path.Combine(directory, "cleaner-offset-checkpoint")));
    }

    /// <summary>
    /// The tool's output for batches and records; their positions, and the sizes of
    /// timestamps, may differ.
    /// </summary>
    private static async Task<string[]> DumpAsync(string partition)
    {
        string[] logs = [.. Dump.Files(partition, "*.log").Where(static file => new FileInfo(file).Length > 0)];
        string dump = await KafkaTools.DumpAsync(logs, "--deep-iteration", "--print-data-log");
        Dump.AssertNoComplaint(dump);
        return [.. dump.Split('\n').Where(static line => line.StartsWith('|') || line.StartsWith("baseOffset", StringComparison.Ordinal)).Select(static line => Place().Replace(line, ""))];
    }

    /// <summary>
    /// Adds what is left of the records that came before Kafka cleaned for the second time.
    /// </summary>
    private static void AddSecondRound(string data, string first, string second)
    {
        long end = EndOf(Dump.Files(Path.Combine(s_golden, first), "*.log")[^1]);
        foreach (string file in Dump.Files(Path.Combine(s_golden, second), "*.log"))
        {
            using FileStream target = File.Open(Path.Combine(data, Path.GetFileName(file)), FileMode.Append);
            foreach (byte[] batch in Batches(file).Where(batch => BaseOffset(batch) >= end))
            {
                target.Write(batch);
            }
        }
    }

    private static long EndOf(string file) => Batches(file).Max(static batch => BaseOffset(batch) + BinaryPrimitives.ReadInt32BigEndian(batch.AsSpan(23))) + 1;

    private static long BaseOffset(byte[] batch) => BinaryPrimitives.ReadInt64BigEndian(batch);

    private static IEnumerable<byte[]> Batches(string file)
    {
        byte[] bytes = File.ReadAllBytes(file);
        for (int at = 0; at < bytes.Length;)
        {
            int size = 12 + BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at + 8));
            yield return bytes[at..(at + size)];
            at += size;
        }
    }

    private static IEnumerable<string> KeysOf(string dump) =>
        Record().Matches(dump).Select(static match => $"Offset:{match.Groups["offset"].Value} {match.Groups["key"].Value}");

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.EnumerateFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }

    [GeneratedRegex(@"^\| offset: (?<offset>\d+) .* key: (?<key>key-\d+)", RegexOptions.Multiline)]
    private static partial Regex Record();

    [GeneratedRegex(@" (position|size|crc|keySize|valueSize|batchSize): -?\d+")]
    private static partial Regex Place();
}
