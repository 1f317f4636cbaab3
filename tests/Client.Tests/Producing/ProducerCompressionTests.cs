using Client.Tests.Support;
using Zurau;
using Zurau.Embedded.Producing.Batches;
using Zurau.Engine.Records.Compression;

namespace Client.Tests.Producing;

/// <summary>
/// Batches that are compressed: they arrive, they are full, and they are taken apart
/// where the log finds them too large.
/// </summary>
public class ProducerCompressionTests
{
    public static TheoryData<CompressionType> Types => new(Enum.GetValues<CompressionType>());

    [Theory]
    [MemberData(nameof(Types))]
    public async Task Records_arrive_from_every_codec_through_the_engine(CompressionType type)
    {
        await using var fixture = new EmbeddedFixture();
        var producer = new Producer<string, string>(fixture.Transport, new ProducerOptions { CompressionType = type, BatchSize = 4000 });
        for (int i = 0; i < 500; i++)
        {
            producer.Send(new ProducerRecord<string, string>("orders", $"key-{i}", $"value-{i} {new string('x', 100)}"));
        }

        await producer.DisposeAsync();
        await using Consumer<string?, string?> consumer = fixture.Consumer();
        consumer.Assign(new TopicPartition("orders", 0));
        List<ConsumerRecord<string?, string?>> records = await EmbeddedFixture.ReadAsync(consumer, 500);
        Assert.Equal(Enumerable.Range(0, 500).Select(i => ($"key-{i}", $"value-{i} {new string('x', 100)}")), records.Select(record => (record.Key!, record.Value!)));
    }

    [Fact]
    public void Batches_of_records_that_compress_well_come_to_hold_more_of_them()
    {
        var fixture = new ProducerFixture(new ProducerOptions { CompressionType = CompressionType.Gzip, BatchSize = 2000, LingerMs = 1000 });
        for (int i = 0; i < 20_000; i++)
        {
            fixture.Send(new string('x', 90));
        }

        fixture.Producer.Flush();
        IReadOnlyList<FakeRecord> records = fixture.Log.Records();
        Assert.Equal(20_000, records.Count);
        Assert.InRange(records[0].BatchCount, 10, 25);
        Assert.InRange(records[^2_000].BatchCount, 60, 400);
        Assert.All(records, record => Assert.InRange(record.BatchBytes, 61, 2000));
        Assert.Equal(0, fixture.Producer.BufferedBytes);
    }

    [Fact]
    public void A_ratio_is_believed_at_once_where_it_is_bad_and_slowly_where_it_is_good()
    {
        var ratio = new CompressionRatio();
        Assert.Equal(1, ratio.Estimate);
        ratio.Observe(10, 100);
        Assert.Equal(0.995f, ratio.Estimate, 0.0001f);
        for (int i = 0; i < 300; i++)
        {
            ratio.Observe(10, 100);
        }

        Assert.Equal(0.1f, ratio.Estimate, 0.0001f);
        ratio.Observe(11, 100);
        Assert.Equal(0.15f, ratio.Estimate, 0.0001f);
        ratio.Observe(90, 100);
        Assert.Equal(0.9f, ratio.Estimate, 0.0001f);
        ratio.Reset();
        Assert.Equal(1, ratio.Estimate);
    }

    [Theory]
    [InlineData(CompressionType.None)]
    [InlineData(CompressionType.Lz4)]
    public async Task A_batch_that_the_log_finds_too_large_is_sent_in_pieces_in_order_with_every_result(CompressionType type)
    {
        var fixture = new ProducerFixture(new ProducerOptions { BatchSize = 8000, LingerMs = 1000, CompressionType = type });
        fixture.Log.MaxBatchBytes = 700;
        var results = new List<(string Value, long Offset)>();
        var random = new Random(5);
        string[] values = [.. Enumerable.Range(0, 40).Select(i => $"{i} {Convert.ToBase64String(Bytes(random, 75))}")];
        Headers headers = new Headers().Add("kind", "test").Add("nothing", (byte[]?)null);
        foreach (string value in values)
        {
            var record = new ProducerRecord<string?, string?>("orders", value.Length % 2 == 0 ? null : "k", value) { Headers = headers };
            fixture.Producer.Send(record, (metadata, error) =>
            {
                Assert.Null(error);
                results.Add((value, metadata.Offset));
            });
        }

        Task flush = fixture.Producer.FlushAsync().AsTask();
        fixture.Advance(0);
        await flush.Limit();
        Assert.Equal(values, fixture.Log.Values());
        Assert.Equal(values.Select((value, i) => (value, (long)i)), results);
        Assert.All(fixture.Log.Records(), record => Assert.InRange(record.BatchBytes, 61, 700));
        Assert.All(fixture.Log.Records(), record => Assert.Equal(["kind", "nothing"], record.Headers.Select(header => header.Key)));
        Assert.Equal(0, fixture.Producer.BufferedBytes);
    }

    [Fact]
    public async Task A_record_that_is_too_large_alone_fails_and_those_around_it_arrive()
    {
        var fixture = new ProducerFixture(new ProducerOptions { BatchSize = 8000, LingerMs = 1000 });
        fixture.Log.MaxBatchBytes = 500;
        var errors = new List<ErrorCode?>();
        foreach (string value in (string[])["before", new string('x', 1000), "after"])
        {
            fixture.Send(value, callback: (_, error) => errors.Add((error as KafkaException)?.Error));
        }

        Task flush = fixture.Producer.FlushAsync().AsTask();
        fixture.Advance(0);
        await flush.Limit();
        Assert.Equal(["before", "after"], fixture.Log.Values());
        Assert.Equal([null, ErrorCode.MessageTooLarge, null], errors);
        Assert.Equal(0, fixture.Producer.BufferedBytes);
    }

    private static byte[] Bytes(Random random, int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
