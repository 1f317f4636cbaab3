using Client.Tests.Listening.Support;
using Client.Tests.Support;
using Zurau;

namespace Client.Tests.Consuming;

/// <summary>A corrupt batch delays its own partition only.</summary>
public sealed class CorruptBatchTests
{
    private static readonly TopicPartition s_first = new("t", 0);
    private static readonly TopicPartition s_second = new("t", 1);
    private static readonly TimeSpan s_backOff = TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task A_poll_throws_for_it_and_returns_the_records_of_other_partitions_until_it_is_read_again() // F24
    {
        var time = new SteppedTime();
        FakeTransport cluster = new FakeTransport(time).AddTopic("t", 2);
        await using var consumer = new Consumer<byte[], string>(cluster, new ConsumerOptions { GroupId = "g", AutoOffsetReset = AutoOffsetReset.Earliest });
        consumer.Subscribe("t");
        cluster.Append(s_first, null, "a"u8.ToArray());
        cluster.CorruptFetches.Enqueue(true);
        cluster.CorruptFetches.Enqueue(false);
        cluster.CorruptFetches.Enqueue(true);
        Assert.Equal(ErrorCode.CorruptMessage, (await Assert.ThrowsAsync<KafkaException>(() => consumer.PollAsync(TimeSpan.Zero).Limit())).Error);

        cluster.Append(s_second, null, "x"u8.ToArray());
        Assert.Equal(["x"], (await consumer.PollAsync(TimeSpan.Zero).Limit()).Select(static record => record.Value));
        Assert.Empty(await consumer.PollAsync(TimeSpan.Zero).Limit());

        time.Advance(s_backOff);
        await Assert.ThrowsAsync<KafkaException>(() => consumer.PollAsync(TimeSpan.Zero).Limit());
        time.Advance(s_backOff); // The second back-off is twice as long.
        Assert.Empty(await consumer.PollAsync(TimeSpan.Zero).Limit());
        time.Advance(s_backOff);
        Assert.Equal(["a"], (await consumer.PollAsync(TimeSpan.Zero).Limit()).Select(static record => record.Value));
    }

    [Fact]
    public async Task A_waiting_poll_reads_it_again_when_the_back_off_has_passed()
    {
        var time = new SteppedTime();
        FakeTransport cluster = new FakeTransport(time).AddTopic("t", 1);
        await using var consumer = new Consumer<byte[], string>(cluster, new ConsumerOptions { GroupId = "g", AutoOffsetReset = AutoOffsetReset.Earliest });
        consumer.Subscribe("t");
        cluster.Append(s_first, null, "a"u8.ToArray());
        cluster.CorruptFetches.Enqueue(true);
        await Assert.ThrowsAsync<KafkaException>(() => consumer.PollAsync(TimeSpan.Zero).Limit());
        Assert.Empty(await consumer.PollAsync(Timeout.InfiniteTimeSpan).Limit()); // The append woke it up.

        Task<IReadOnlyList<ConsumerRecord<byte[], string>>> poll = consumer.PollAsync(Timeout.InfiniteTimeSpan).AsTask();
        Assert.False(poll.IsCompleted);
        time.Advance(s_backOff);
        Assert.Equal("a", Assert.Single(await poll.Limit()).Value);

        poll = consumer.PollAsync(Timeout.InfiniteTimeSpan).AsTask();
        consumer.Wakeup();
        Assert.Empty(await poll.Limit());
    }

    [Fact]
    public async Task A_seek_past_it_ends_the_back_off_but_a_pause_outlasts_it()
    {
        var time = new SteppedTime();
        FakeTransport cluster = new FakeTransport(time).AddTopic("t", 1);
        cluster.RecordsPerFetch = 1;
        await using var consumer = new Consumer<byte[], string>(cluster, new ConsumerOptions { GroupId = "g", AutoOffsetReset = AutoOffsetReset.Earliest });
        consumer.Subscribe("t");
        cluster.Append(s_first, null, "a"u8.ToArray());
        cluster.Append(s_first, null, "b"u8.ToArray());
        cluster.CorruptFetches.Enqueue(true);
        cluster.CorruptFetches.Enqueue(true);
        await Assert.ThrowsAsync<KafkaException>(() => consumer.PollAsync(TimeSpan.Zero).Limit());
        consumer.Seek(s_first, 1);
        await Assert.ThrowsAsync<KafkaException>(() => consumer.PollAsync(TimeSpan.Zero).Limit());

        consumer.Pause(s_first);
        time.Advance(s_backOff);
        Assert.Empty(await consumer.PollAsync(TimeSpan.Zero).Limit());
        consumer.Resume(s_first);
        Assert.Equal(["b"], (await consumer.PollAsync(TimeSpan.Zero).Limit()).Select(static record => record.Value));
    }

    [Fact]
    public async Task A_listener_does_not_pause_for_it() // F24
    {
        await using var bench = new ListenerBench(_ => default, partitions: 2);
        bench.Cluster.CorruptFetches.Enqueue(true);
        bench.WithRecords(1);
        Assert.True(bench.Loop.PollOnceAsync(TimeSpan.Zero, bench.Stop.Token).IsCompleted);
        bench.WithRecords(2, partition: 1);
        await bench.RunUntilIdleAsync();
        Assert.Equal(["1@0", "1@1"], bench.Handled);

        bench.Time.Advance(s_backOff);
        await bench.RunUntilIdleAsync();
        Assert.Equal(["1@0", "1@1", "0@0"], bench.Handled);
    }
}
