using System.Text;
using System.Text.Json;
using Client.Tests.Listening.Support;
using Microsoft.Extensions.Logging;
using Zurau;
using Zurau.Listening;

namespace Client.Tests.Listening;

/// <summary>
/// Dead letters against those that a real Spring for Apache Kafka wrote
/// (golden/spring/dead-letters.jsonl).
/// </summary>
public sealed class DeadLetterTests
{
    private static readonly string[] s_javaTexts = ["exception-fqcn", "exception-cause-fqcn", "exception-message", "exception-stacktrace"];

    public static TheoryData<string, string> Golden => new()
    {
        { "dl-src-dlt", "boom" },
        { "dl-nocause-dlt", "boom" },
        { "dl-three-dlt", "outer" },
        { "dl-headers-dlt", "boom" },
        { "dl-nullkey-dlt", "boom" },
        { "dl-nullvalue-dlt", "boom" },
        { "dl-a-again-0", "second" },
    };

    [Theory]
    [MemberData(nameof(Golden))]
    public void Key_value_and_headers_are_Springs_byte_for_byte_but_for_the_texts_about_the_exception(string topic, string message)
    {
        JsonElement golden = Record(topic);
        ConsumerRecord<byte[]?, byte[]?> source = SourceOf(golden);
        var exception = new ListenerExecutionException("Orders.Handle(Order)", new InvalidOperationException(message));

        Headers headers = DeadLetterHeaders.Of(source, new DeadLetterFailure(exception, null), GroupOf(golden));

        AssertSame(golden, headers);
        Assert.Equal("Zurau.ListenerExecutionException", headers.GetText(KafkaHeaders.DltExceptionFqcn));
        Assert.Equal("System.InvalidOperationException", headers.GetText(KafkaHeaders.DltExceptionCauseFqcn));
        Assert.Equal($"Listener method 'Orders.Handle(Order)' threw exception; {message}", headers.GetText(KafkaHeaders.DltExceptionMessage));
        Assert.StartsWith("Zurau.ListenerExecutionException: Listener method", headers.GetText(KafkaHeaders.DltExceptionStacktrace), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pp-value-dlt", false, true)]
    [InlineData("pp-key-dlt", true, false)]
    [InlineData("pp-both-dlt", true, true)]
    public void A_poison_pill_names_key_and_value_as_Spring_does(string topic, bool isKeyBad, bool isValueBad)
    {
        JsonElement golden = Record(topic);

        Headers headers = DeadLetterHeaders.Of(
            SourceOf(golden),
            new DeadLetterFailure(
                isValueBad ? new SerializationException("no JSON", isKey: false) : null,
                isKeyBad ? new SerializationException("no JSON", isKey: true) : null),
            GroupOf(golden));

        AssertSame(golden, headers);
        Assert.Equal("Zurau.SerializationException", headers.GetText(KafkaHeaders.DltExceptionCauseFqcn));
    }

    [Fact]
    public async Task An_exhausted_record_is_sent_to_the_same_partition_of_a_topic_with_as_many_and_committed_afterwards()
    {
        await using var bench = new ListenerBench(
            call => call.Offset == 1 ? throw new InvalidOperationException("boom") : default, partitions: 3, topic: "dl-src");
        bench.Settings = bench.Settings with { BackOffMaxRetries = 1 };
        bench.WithRecords(3, partition: 2);

        await bench.RunUntilIdleAsync();

        Assert.Equal(3, bench.Cluster.PartitionCount("dl-src-dlt"));
        RawFakeRecord letter = Assert.Single(bench.Cluster.Records("dl-src-dlt", 2));
        Assert.Equal(("k1", "v1"), (Encoding.UTF8.GetString(letter.Key!), Encoding.UTF8.GetString(letter.Value!)));
        Assert.Equal(bench.Time.GetUtcNow().ToUnixTimeMilliseconds(), letter.TimestampMs);
        AssertSame(Record("dl-src-dlt"), letter.Headers);
        Assert.Equal(
            ["handle:2@0", "handle:2@1", "commit:2@1", "handle:2@1", "send:dl-src-dlt-2:acks=All", "commit:2@2", "handle:2@2", "commit:2@3"],
            bench.Cluster.Events);
        Assert.Equal(1, bench.Counters.DeadLettered);
    }

    [Fact]
    public async Task Changes_of_a_handler_to_its_bytes_and_headers_are_not_in_the_dead_letter()
    {
        await using var bench = new ListenerBench(call =>
        {
            call.Invocation.GetValue<byte[]>().AsSpan().Clear();
            call.Invocation.GetKey<byte[]>().AsSpan().Clear();
            call.Invocation.Headers.Add("more", "m");
            throw new InvalidOperationException("boom");
        });
        bench.Settings = bench.Settings with { BackOffMaxRetries = 0 };
        bench.WithRecords(2);

        await bench.RunUntilIdleAsync();

        Assert.Equal(
            ["k0=v0", "k1=v1"],
            bench.Cluster.Records("t-dlt").Select(letter => $"{Encoding.UTF8.GetString(letter.Key!)}={Encoding.UTF8.GetString(letter.Value!)}"));
        Assert.All(bench.Cluster.Records("t-dlt"), letter => Assert.False(letter.Headers.TryGetLast("more", out _)));
    }

    [Fact]
    public async Task A_dead_letter_topic_with_fewer_partitions_takes_records_by_their_keys()
    {
        string[] expected = [.. GoldenTrace.Lines("dead-letters.jsonl")
            .Where(line => line.GetProperty("kind").GetString() == "record" && line.GetProperty("topic").GetString() == "dl-fewer-dlt")
            .Select(line => $"{line.GetProperty("partition").GetInt32()}@{line.GetProperty("offset").GetInt64()}={line.GetProperty("key").GetProperty("text").GetString()}")];
        await using var bench = new ListenerBench(_ => throw new InvalidOperationException("boom"), partitions: 3, topic: "dl-fewer");
        bench.Settings = bench.Settings with { BackOffMaxRetries = 1 };
        bench.Cluster.AddTopic("dl-fewer-dlt", 2);
        bench.WithRecords(6, partition: 2);

        await bench.RunUntilIdleAsync();

        IEnumerable<string> actual = Enumerable.Range(0, 2).SelectMany(partition => bench.Cluster.Records("dl-fewer-dlt", partition)
            .Select((record, offset) => $"{partition}@{offset}={Encoding.UTF8.GetString(record.Key!)}"));
        Assert.Equal(expected, actual);
    }

    [Fact]
    public async Task A_dead_letter_that_cannot_be_written_commits_nothing_and_starts_the_attempts_again()
    {
        var attempts = new List<int>();
        await using var bench = new ListenerBench(call =>
        {
            attempts.Add(call.Attempt);
            throw new InvalidOperationException("boom");
        });
        bench.Settings = bench.Settings with { BackOffMaxRetries = 1 };
        bench.Cluster.ProduceErrors.Enqueue(ErrorCode.KafkaStorageError);
        bench.WithRecords(1);

        await bench.RunUntilIdleAsync();
        Assert.Null(bench.Committed());
        Assert.Empty(bench.Cluster.Records("t-dlt"));
        Assert.Contains(bench.Log.All, entry => entry.Level == LogLevel.Error && entry.Text.Contains("could not be written", StringComparison.Ordinal));

        bench.Time.Advance(TimeSpan.FromSeconds(1));
        await bench.RunUntilIdleAsync();
        Assert.Equal([1, 2, 1, 2], attempts);
        Assert.Single(bench.Cluster.Records("t-dlt"));
        Assert.Equal(1, bench.Committed());
    }

    [Fact]
    public async Task A_dead_letter_that_is_too_large_is_sent_without_its_stack_trace()
    {
        await using var bench = new ListenerBench(_ => throw new InvalidOperationException("boom"));
        bench.Settings = bench.Settings with { BackOffMaxRetries = 0 };
        bench.Append("k", new string('v', 1000));
        bench.Cluster.MaxBatchBytes = 1900;

        await bench.RunUntilIdleAsync();

        RawFakeRecord letter = Assert.Single(bench.Cluster.Records("t-dlt"));
        Assert.Equal(1000, letter.Value!.Length);
        Assert.False(letter.Headers.TryGetLast(KafkaHeaders.DltExceptionStacktrace, out _));
        Assert.Equal("Zurau.ListenerExecutionException", letter.Headers.GetText(KafkaHeaders.DltExceptionFqcn));
        Assert.Equal(1, bench.Committed());
    }

    [Fact]
    public async Task An_undeserializable_value_is_dead_lettered_at_once_and_unchanged()
    {
        await using var bench = new ListenerBench(call =>
        {
            call.Invocation.GetValue<Dictionary<string, string>>();
            return default;
        });
        bench.Append("k", "{not json");
        bench.Append("k", "{}");

        await bench.RunUntilIdleAsync();

        Assert.Equal(["0@0", "0@1"], bench.Handled);
        RawFakeRecord letter = Assert.Single(bench.Cluster.Records("t-dlt"));
        Assert.Equal("{not json", Encoding.UTF8.GetString(letter.Value!));
        Assert.Equal("Zurau.SerializationException", letter.Headers.GetText(KafkaHeaders.DltExceptionFqcn));
        Assert.Equal(2, bench.Committed());
    }

    [Fact]
    public async Task An_undeserializable_key_is_dead_lettered_under_the_key_headers()
    {
        await using var bench = new ListenerBench(call =>
        {
            call.Invocation.GetKey<long>();
            return default;
        });
        bench.Append("no long", "v");

        await bench.RunUntilIdleAsync();

        RawFakeRecord letter = Assert.Single(bench.Cluster.Records("t-dlt"));
        Assert.Equal("no long", Encoding.UTF8.GetString(letter.Key!));
        Assert.Equal("Zurau.SerializationException", letter.Headers.GetText(KafkaHeaders.DltKeyExceptionFqcn));
        Assert.False(letter.Headers.TryGetLast(KafkaHeaders.DltExceptionFqcn, out _));
    }

    [Fact]
    public async Task Changes_of_a_handler_to_headers_or_bytes_are_not_in_the_dead_letter()
    {
        await using var bench = new ListenerBench(call =>
        {
            call.Invocation.Headers.Add("mine", "x");
            call.Invocation.GetValue<byte[]>()[0] = (byte)'X';
            throw new InvalidOperationException("boom");
        });
        bench.Settings = bench.Settings with { BackOffMaxRetries = 0 };
        bench.Append("k", "v", headers: new Headers().Add("theirs", "y"));

        await bench.RunUntilIdleAsync();

        RawFakeRecord letter = Assert.Single(bench.Cluster.Records("t-dlt"));
        Assert.Equal("v", Encoding.UTF8.GetString(letter.Value!));
        Assert.Equal(["theirs"], letter.Headers.Select(header => header.Key).Where(name => !name.StartsWith("kafka_", StringComparison.Ordinal)));
    }

    private static JsonElement Record(string topic) =>
        GoldenTrace.Lines("dead-letters.jsonl").First(line => line.GetProperty("kind").GetString() == "record" && line.GetProperty("topic").GetString() == topic);

    private static string GroupOf(JsonElement golden) => Encoding.UTF8.GetString(Last(golden, "kafka_dlt-original-consumer-group")!);

    /// <summary>The record that Spring dead-lettered, rebuilt from its dead letter.</summary>
    private static ConsumerRecord<byte[]?, byte[]?> SourceOf(JsonElement golden)
    {
        (string Name, byte[]? Value)[] all = [.. HeadersOf(golden)];
        int end = Array.FindIndex(all, header => header.Name is "kafka_dlt-exception-fqcn" or "kafka_dlt-key-exception-fqcn");
        var headers = new Headers();
        foreach ((string name, byte[]? value) in all[..end])
        {
            headers.Add(name, value);
        }

        byte[] timestamp = Last(golden, "kafka_dlt-original-timestamp") is { Length: 8 } known ? known : new byte[8];
        return new ConsumerRecord<byte[]?, byte[]?>(
            Encoding.UTF8.GetString(Last(golden, "kafka_dlt-original-topic")!),
            System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(Last(golden, "kafka_dlt-original-partition")),
            System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(Last(golden, "kafka_dlt-original-offset")),
            Bytes(golden.GetProperty("key")),
            Bytes(golden.GetProperty("value")),
            headers,
            DateTimeOffset.FromUnixTimeMilliseconds(System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(timestamp)),
            TimestampType.CreateTime)
        {
            LeaderEpoch = 0,
        };
    }

    private static byte[]? Last(JsonElement golden, string name) => HeadersOf(golden).Last(header => header.Name == name).Value;

    private static IEnumerable<(string Name, byte[]? Value)> HeadersOf(JsonElement golden) =>
        golden.GetProperty("headers").EnumerateArray().Select(header => (header.GetProperty("name").GetString()!, Bytes(header)));

    private static byte[]? Bytes(JsonElement element) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty("hex", out JsonElement hex) && hex.GetString() is { } text
            ? Convert.FromHexString(text)
            : null;

    /// <summary>
    /// Names and their order, and every byte that is not a Java text about the exception or
    /// marked volatile.
    /// </summary>
    private static void AssertSame(JsonElement golden, Headers headers)
    {
        JsonElement[] expected = [.. golden.GetProperty("headers").EnumerateArray()];
        Assert.Equal(expected.Select(header => header.GetProperty("name").GetString()), headers.Select(header => header.Key));
        for (int i = 0; i < expected.Length; i++)
        {
            string name = headers[i].Key;
            bool isVolatile = expected[i].TryGetProperty("volatile", out JsonElement v) && v.GetBoolean();
            if (!isVolatile && !s_javaTexts.Any(text => name.EndsWith(text, StringComparison.Ordinal)))
            {
                Assert.Equal(Bytes(expected[i]), headers[i].Value);
            }
        }
    }
}
