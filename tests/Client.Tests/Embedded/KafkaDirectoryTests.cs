using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Client.Tests.Listening.Support;
using Client.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Zurau;
using Zurau.Embedded;
using Zurau.Engine.Records;
using Zurau.Listening;

namespace Client.Tests.Embedded;

/// <summary>Reads directories that a real Kafka and its clients wrote.</summary>
public class KafkaDirectoryTests
{
    public static TheoryData<string> Topics =>
    [
        .. from writer in new[] { "codec", "big", "librdkafka" }
           from codec in new[] { "none", "gzip", "snappy", "lz4", "zstd" }
           select $"{writer}-{codec}",
    ];

    [Theory]
    [MemberData(nameof(Topics))]
    public async Task The_consumer_reads_what_Kafka_wrote_in_every_codec(string topic)
    {
        using var directory = new KafkaDirectory($"{topic}-0");
        await using EmbeddedTransport transport = directory.Open();
        await using var consumer = new Consumer<byte[]?, byte[]?>(transport, EmbeddedFixture.Earliest() with { MaxPollRecords = 7 });
        consumer.Subscribe(topic);
        IReadOnlyList<JsonElement> expected = KafkaDirectory.Records($"{topic}-0");
        var records = new List<ConsumerRecord<byte[]?, byte[]?>>();
        while (records.Count < expected.Count)
        {
            IReadOnlyList<ConsumerRecord<byte[]?, byte[]?>> polled = await consumer.PollAsync(EmbeddedFixture.Soon).Limit();
            Assert.InRange(polled.Count, 1, 7);
            records.AddRange(polled);
        }

        Assert.Equal(expected.Select(Describe), records.Select(Describe));
        Assert.Empty(await consumer.PollAsync(TimeSpan.Zero).Limit());
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("snappy")]
    [InlineData("lz4")]
    [InlineData("zstd")]
    public async Task A_listener_reads_what_Kafka_wrote_and_reads_it_again_after_a_failure(string codec)
    {
        using var directory = new KafkaDirectory($"codec-{codec}-0");
        await using EmbeddedTransport transport = directory.Open();
        var handled = new List<long>();
        var failed = new HashSet<long>();
        await using var bench = new ListenerBench(_ => default);
        ListenerMethod method = bench.Method with
        {
            Invoker = invocation =>
            {
                long offset = new Call(invocation).Offset;
                if (offset % 100 == 50 && failed.Add(offset))
                {
                    throw new InvalidOperationException("once");
                }

                handled.Add(offset);
                return default;
            },
        };
        ListenerSettings settings = bench.Settings with { Topics = [$"codec-{codec}"] };
        await using var loop = new ListenerLoop(method, settings, transport, bench.Services, bench.Counters, bench.Log);
        await loop.SubscribeAsync(CancellationToken.None);
        while (handled.Count < 400)
        {
            Assert.NotEqual(0, await loop.PollOnceAsync(EmbeddedFixture.Soon, CancellationToken.None).Limit());
        }

        Assert.Equal(Enumerable.Range(0, 400).Select(offset => (long)offset), handled);
        Assert.Equal([50L, 150, 250, 350], failed);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("snappy")]
    [InlineData("lz4")]
    [InlineData("zstd")]
    public async Task A_batch_that_cannot_be_decompressed_is_named_and_the_position_stays_before_it(string codec)
    {
        using var directory = new KafkaDirectory($"codec-{codec}-0");
        long damaged = 0;
        long next = 0;
        directory.Change($"codec-{codec}-0", bytes => (damaged, next) = SpoilSecondBatch(bytes));
        await using EmbeddedTransport transport = directory.Open();
        await using var consumer = new Consumer<byte[]?, byte[]?>(transport, EmbeddedFixture.Earliest());
        consumer.Subscribe($"codec-{codec}");
        Assert.Equal(damaged, (await consumer.PollAsync(EmbeddedFixture.Soon).Limit()).Count);
        var partition = new TopicPartition($"codec-{codec}", 0);
        for (int again = 0; again < 2; again++)
        {
            KafkaException error = await Assert.ThrowsAsync<KafkaException>(() => consumer.PollAsync(EmbeddedFixture.Soon).Limit());
            Assert.Equal(ErrorCode.CorruptMessage, error.Error);
            Assert.Contains($"codec-{codec}-0 offset {damaged} is corrupt", error.Message, StringComparison.Ordinal);
            Assert.Contains("cannot be decompressed", error.Message, StringComparison.Ordinal);
            Assert.Equal(damaged, consumer.Position(partition));
        }

        consumer.Seek(partition, next);
        Assert.Equal(next, (await consumer.PollAsync(EmbeddedFixture.Soon).Limit())[0].Offset);
    }

    /// <summary>
    /// Makes nonsense of the compressed records, under a checksum that is right: what a
    /// broken compressor would write.
    /// </summary>
    private static (long BaseOffset, long NextOffset) SpoilSecondBatch(byte[] bytes)
    {
        Assert.True(RecordBatchView.TryRead(bytes, out RecordBatchView first));
        Span<byte> rest = bytes.AsSpan(first.SizeBytes);
        Assert.True(RecordBatchView.TryRead(rest, out RecordBatchView second));
        rest[BatchLayout.HeaderSize..second.SizeBytes].Fill(0xFF);
        BinaryPrimitives.WriteUInt32BigEndian(rest[BatchLayout.Crc..], Crc32C.Compute(rest[BatchLayout.Attributes..second.SizeBytes]));
        return (second.BaseOffset, second.LastOffset + 1);
    }

    private static string Describe(ConsumerRecord<byte[]?, byte[]?> record)
    {
        IEnumerable<string> headers = record.Headers.Select(header => $"{header.Key}={Describe(header.Value)}");
        return $"{record.Offset}@{record.Timestamp.ToUnixTimeMilliseconds()} {Describe(record.Key)} {Describe(record.Value)} {string.Join(",", headers)}";
    }

    // Long ones are compared by length and checksum.
    private static string Describe(byte[]? bytes) =>
        bytes is null ? "null" : bytes.Length <= 256 ? Convert.ToHexStringLower(bytes) : $"{bytes.Length}:{Crc32C.Compute(bytes)}";

    private static string Describe(JsonElement record)
    {
        IEnumerable<string> headers = record.GetProperty("headers").EnumerateArray()
            .Select(header => $"{header[0].GetString()}={DescribeBytes(header[1])}");
        return new StringBuilder()
            .Append($"{record.GetProperty("offset")}@{record.GetProperty("timestamp")} ")
            .Append($"{DescribeBytes(record.GetProperty("key"))} {DescribeBytes(record.GetProperty("value"))} {string.Join(",", headers)}")
            .ToString();
    }

    private static string DescribeBytes(JsonElement bytes) => bytes.ValueKind switch
    {
        JsonValueKind.Null => "null",
        JsonValueKind.String => bytes.GetString()!,
        _ => $"{bytes.GetProperty("length")}:{bytes.GetProperty("crc32c")}",
    };
}
