using Client.Tests.Listening.Support;
using Client.Tests.Support;
using Zurau;
using Zurau.Embedded;
using Zurau.Listening;

namespace Client.Tests.Consuming;

/// <summary>
/// Two transactional producers and a plain one, as a real Kafka logged them. Kafka's
/// consumers saw it while a transaction was open from offset 250 on; its ABORT marker
/// is at 252.
/// </summary>
public sealed class IsolationLevelTests : IDisposable
{
    private const int OpenFrom = 250;
    private const int AbortMarker = 252;
    private static readonly TopicPartition s_txn = new("txn", 0);

    private readonly KafkaDirectory _directory = new("txn-0");

    [Theory]
    [InlineData("read_committed", 500, 1_048_576)]
    [InlineData("read_committed", 7, 1_048_576)]
    [InlineData("read_committed", 500, 0)]
    [InlineData("read_uncommitted", 500, 1_048_576)]
    [InlineData("read_uncommitted", 7, 0)]
    public async Task While_a_transaction_is_open_a_consumer_sees_what_Kafka_s_saw(string isolation, int maxPollRecords, int maxFetchBytes)
    {
        _directory.Cut("txn-0", AbortMarker);
        ConsumerOptions options = Options(isolation) with { MaxPollRecords = maxPollRecords, MaxPartitionFetchBytes = maxFetchBytes };
        await using EmbeddedTransport transport = _directory.Open();
        await using var consumer = new Consumer<byte[]?, byte[]?>(transport, options);
        consumer.Assign(s_txn);
        Assert.Equal(KafkaDirectory.Visible("txn", isolation), await ReadToEndAsync(consumer));
        Assert.Equal(isolation == "read_committed" ? OpenFrom : AbortMarker, consumer.Position(s_txn));
    }

    [Fact]
    public async Task Once_it_is_aborted_its_records_are_left_out_and_those_around_it_come()
    {
        await using EmbeddedTransport transport = _directory.Open();
        await using var consumer = new Consumer<byte[]?, byte[]?>(transport, Options("read_committed"));
        consumer.Assign(s_txn);
        Assert.Equal([.. KafkaDirectory.Visible("txn", "read_committed"), OpenFrom + 1], await ReadToEndAsync(consumer));
        Assert.Equal(AbortMarker + 1, consumer.Position(s_txn));
    }

    [Fact]
    public async Task From_any_offset_on_the_same_records_are_visible()
    {
        IReadOnlyList<long> visible = KafkaDirectory.Visible("txn", "read_committed");
        await using EmbeddedTransport transport = _directory.Open();
        await using var consumer = new Consumer<byte[]?, byte[]?>(transport, Options("read_committed"));
        consumer.Assign(s_txn);
        for (int start = 0; start < OpenFrom; start++)
        {
            consumer.Seek(s_txn, start);
            Assert.Equal(visible.Where(offset => offset >= start).Append(OpenFrom + 1), await ReadToEndAsync(consumer));
        }
    }

    [Fact]
    public async Task The_end_is_where_the_open_transaction_begins_for_readers_of_committed_records_only()
    {
        _directory.Cut("txn-0", AbortMarker);
        await using EmbeddedTransport transport = _directory.Open();
        foreach ((string isolation, long end) in new[] { ("read_committed", OpenFrom), ("read_uncommitted", AbortMarker) })
        {
            await using var consumer = new Consumer<byte[]?, byte[]?>(transport, Options(isolation) with { AutoOffsetReset = AutoOffsetReset.Latest });
            consumer.Assign(s_txn);
            Assert.Equal(end, consumer.Position(s_txn));
            Assert.Equal(new WatermarkOffsets(0, end), (await consumer.QueryWatermarkOffsetsAsync([s_txn]).Limit())[s_txn]);
            consumer.SeekToBeginning(s_txn);
            consumer.SeekToEnd(s_txn);
            Assert.Equal(end, consumer.Position(s_txn));
        }
    }

    [Fact]
    public async Task A_read_committed_listener_handles_only_committed_records_and_commits_past_the_aborted_ones()
    {
        await using EmbeddedTransport transport = _directory.Open();
        var handled = new List<long>();
        await using var bench = new ListenerBench(_ => default);
        ListenerSettings settings = bench.Settings with
        {
            Topics = ["txn"],
            Consumer = bench.Settings.Consumer with { IsolationLevel = IsolationLevel.ReadCommitted },
        };
        await using var loop = new ListenerLoop(bench.Collecting(handled), settings, transport, bench.Services, bench.Counters, bench.Log);
        await loop.SubscribeAsync(CancellationToken.None);
        while (await loop.PollOnceAsync(TimeSpan.Zero, CancellationToken.None).Limit() > 0)
        {
        }

        Assert.Equal([.. KafkaDirectory.Visible("txn", "read_committed"), OpenFrom + 1], handled);
        Assert.Equal(AbortMarker, (await transport.Admin.ListConsumerGroupOffsetsAsync(settings.GroupId))[s_txn].Offset);
    }

    public void Dispose() => _directory.Dispose();

    private static ConsumerOptions Options(string isolation)
    {
        var options = new ZurauOptions { Consumer = EmbeddedFixture.Earliest() };
        OptionsBinder.Bind([new("Consumer:isolation.level", isolation)], options);
        return options.Consumer;
    }

    private static async Task<List<long>> ReadToEndAsync(Consumer<byte[]?, byte[]?> consumer)
    {
        var offsets = new List<long>();
        long end = (await consumer.QueryWatermarkOffsetsAsync([s_txn]).Limit())[s_txn].High;
        for (int polls = 0; consumer.Position(s_txn) < end; polls++)
        {
            Assert.True(polls < 1000, $"the position stays at {consumer.Position(s_txn)} before the end at {end}");
            offsets.AddRange((await consumer.PollAsync(TimeSpan.Zero).Limit()).Select(record => record.Offset));
        }

        return offsets;
    }
}
