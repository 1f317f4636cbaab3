using System.Text.Json;
using System.Text.RegularExpressions;
using Engine.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Coordination;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Engine.Tests.Coordination;

/// <summary>
/// Committed offsets that a real Kafka recorded, and what its own tools say of them.
/// </summary>
public sealed partial class GoldenOffsetTests
{
    private static readonly string s_golden = Path.Combine(AppContext.BaseDirectory, "golden");
    private static readonly string s_deleted = Path.Combine(s_golden, "offsets", "deleted-offset.log");

    public static TheoryData<string, string, int> Segments => new()
    {
        { "logs/clean/__consumer_offsets-0/00000000000000000000.log", "logs/dumps/clean/__consumer_offsets-0.decoded.txt", 80 },
        { "logs/clean/__consumer_offsets-1/00000000000000000000.log", "logs/dumps/clean/__consumer_offsets-1.decoded.txt", 40 },
        { "offsets/deleted-offset.log", "offsets/deleted-offset.decoded.txt", 3 },
    };

    [Theory]
    [MemberData(nameof(Segments))]
    public void Recorded_offsets_are_read_as_Kafka_reads_them_and_written_byte_for_byte_as_Kafka_wrote_them(string segment, string dump, int count)
    {
        Dictionary<long, (string Key, string? Value)> written = Read(Path.Combine(s_golden, segment));
        int found = 0;
        foreach (string line in File.ReadAllLines(Path.Combine(s_golden, dump)))
        {
            if (OffsetLine().Match(line) is not { Success: true } match)
            {
                continue;
            }

            found++;
            (string key, string? value) = written[long.Parse(match.Groups["offset"].Value, null)];
            JsonElement keyData = JsonDocument.Parse(match.Groups["key"].Value).RootElement.GetProperty("data");
            string group = keyData.GetProperty("group").GetString()!;
            var partition = new TopicPartition(keyData.GetProperty("topic").GetString()!, keyData.GetProperty("partition").GetInt32());
            OffsetAndMetadata? offset = null;
            long commitTimeMs = 0;
            if (match.Groups["payload"].Value != "<DELETE>")
            {
                JsonElement payload = JsonDocument.Parse(match.Groups["payload"].Value).RootElement;
                Assert.Equal("4", payload.GetProperty("version").GetString());
                JsonElement data = payload.GetProperty("data");
                Assert.True(KafkaUuid.TryParse(data.GetProperty("topicId").GetString()!, out Guid topicId));
                offset = new OffsetAndMetadata(data.GetProperty("offset").GetInt64(), data.GetProperty("metadata").GetString()!, data.GetProperty("leaderEpoch").GetInt32()) { TopicId = topicId };
                commitTimeMs = data.GetProperty("commitTimestamp").GetInt64();
            }

            InternalRecord ours = OffsetRecords.Record(group, partition, offset, commitTimeMs);
            Assert.Equal(key, Convert.ToHexString(ours.Key));
            Assert.Equal(value, ours.Value is null ? null : Convert.ToHexString(ours.Value));

            Assert.True(OffsetRecords.TryReadKey(Convert.FromHexString(key), out string readGroup, out TopicPartition readPartition));
            Assert.Equal((group, partition), (readGroup, readPartition));
            if (value is not null)
            {
                Assert.True(OffsetRecords.TryReadValue(Convert.FromHexString(value), out OffsetAndMetadata read, out _));
                Assert.Equal(offset, read);
            }
        }

        Assert.Equal(count, found);
    }

    [Fact]
    public async Task Recorded_offsets_load_to_what_Kafka_answered() // K15
    {
        using var directory = new GoldenDirectory("clean");
        var answered = new Dictionary<string, Dictionary<string, long>>();
        foreach (string line in File.ReadAllLines(Path.Combine(GoldenDirectory.Root, "answers.jsonl")))
        {
            if (JsonDocument.Parse(line).RootElement.TryGetProperty("group", out JsonElement group))
            {
                answered[group.GetProperty("id").GetString()!] = group.GetProperty("offsets").EnumerateObject().ToDictionary(static offset => offset.Name, static offset => offset.Value.GetInt64());
            }
        }

        Assert.Equal(["billing", "orders-service", "static-group"], answered.Keys.Order(StringComparer.Ordinal));
        for (int start = 0; start < 2; start++) // The second one also reads what the first one has written.
        {
            await using Broker broker = Open(directory.Path);
            foreach ((string group, Dictionary<string, long> offsets) in answered)
            {
                IReadOnlyList<OffsetFetchResult> fetched = broker.Groups.FetchOffsets(group, null);
                Assert.Equal(
                    offsets.OrderBy(static offset => offset.Key, StringComparer.Ordinal).Select(static offset => (offset.Key, new OffsetAndMetadata(offset.Value, "", 0))),
                    fetched.Select(static result => (result.Partition.ToString(), result.Committed!.Value)).OrderBy(static offset => offset.Item1, StringComparer.Ordinal));
            }
        }
    }

    [Fact]
    public async Task An_offset_that_Kafka_deleted_is_not_loaded()
    {
        using var directory = new TestDirectory(isChecked: false);
        foreach (string folder in (string[])["orders-0", "orders-1", "__consumer_offsets-0"])
        {
            Directory.CreateDirectory(Path.Combine(directory.Path, folder));
            File.WriteAllText(Path.Combine(directory.Path, folder, "00000000000000000000.log"), "");
        }

        File.WriteAllText(Path.Combine(directory.Path, "orders-0", "partition.metadata"), "version: 0\ntopic_id: XrhvjXx4QdSfNVw-PBGKRQ");
        File.Copy(s_deleted, Path.Combine(directory.Path, "__consumer_offsets-0", "00000000000000000000.log"), overwrite: true);
        await using Broker broker = Open(directory.Path);
        OffsetFetchResult left = Assert.Single(broker.Groups.FetchOffsets("billing", null));
        Assert.Equal((new TopicPartition("orders", 0), new OffsetAndMetadata(0)), (left.Partition, left.Committed));
    }

    private static Broker Open(string path) =>
        Broker.Open(new BrokerSettings { Storage = new FileStorage(path, allowAnyFileSystem: true), LoggerFactory = NullLoggerFactory.Instance });

    private static Dictionary<long, (string Key, string? Value)> Read(string segment)
    {
        var written = new Dictionary<long, (string, string?)>();
        ReadOnlySpan<byte> bytes = File.ReadAllBytes(segment);
        while (RecordBatchView.TryRead(bytes, out RecordBatchView batch))
        {
            RecordReader records = batch.Records();
            while (records.Read())
            {
                written[records.Offset] = (Convert.ToHexString(records.Key), records.IsValueNull ? null : Convert.ToHexString(records.Value));
            }

            bytes = bytes[batch.SizeBytes..];
        }

        Assert.True(bytes.IsEmpty);
        return written;
    }

    [GeneratedRegex("""^\| offset: (?<offset>\d+) .* key: (?<key>\{"type":"[01]",.*\}) payload: (?<payload>.*)$""")]
    private static partial Regex OffsetLine();
}
