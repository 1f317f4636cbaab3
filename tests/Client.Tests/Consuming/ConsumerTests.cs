using Client.Tests.Support;
using Zurau;

namespace Client.Tests.Consuming;

public class ConsumerTests
{
    private static readonly TopicPartition s_first = new("orders", 0);
    private static readonly TopicPartition s_second = new("orders", 1);

    [Fact]
    public async Task A_subscription_reads_everything_in_order_within_partitions()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.CreateTopicAsync(2);
        await fixture.SendAsync(0, "a", "b");
        await fixture.SendAsync(1, "x", "y", "z");
        await using Consumer<string?, string?> consumer = fixture.Consumer();
        consumer.Subscribe("orders");
        IReadOnlyList<ConsumerRecord<string?, string?>> records = await consumer.PollAsync(EmbeddedFixture.Soon).Limit();
        Assert.Equal(["a", "b"], records.Where(record => record.Partition == 0).Select(record => record.Value));
        Assert.Equal(["x", "y", "z"], records.Where(record => record.Partition == 1).Select(record => record.Value));
        Assert.Equal((2, 3), (consumer.Position(s_first), consumer.Position(s_second)));
        Assert.Equal([s_first, s_second], consumer.Assignment);
        Assert.Empty(await consumer.PollAsync(TimeSpan.Zero).Limit());
    }

    [Fact]
    public async Task A_poll_returns_at_most_max_poll_records_and_the_position_follows()
    {
        await using var fixture = new EmbeddedFixture();
        await using (var batching = new Producer<Null?, string>(fixture.Transport, new ProducerOptions { LingerMs = 1000 }))
        {
            for (int i = 0; i < 25; i++)
            {
                batching.Send(new ProducerRecord<Null?, string>("orders", null, $"{i}"));
            }
        }

        await using Consumer<string?, string?> consumer = fixture.Consumer(EmbeddedFixture.Earliest() with { MaxPollRecords = 10 });
        consumer.Subscribe("orders");
        var sizes = new List<int>();
        var values = new List<string?>();
        while (values.Count < 25)
        {
            IReadOnlyList<ConsumerRecord<string?, string?>> records = await consumer.PollAsync(EmbeddedFixture.Soon).Limit();
            sizes.Add(records.Count);
            values.AddRange(records.Select(record => record.Value));
            Assert.Equal(values.Count, consumer.Position(s_first));
        }

        Assert.Equal([10, 10, 5], sizes);
        Assert.Equal(Enumerable.Range(0, 25).Select(i => $"{i}"), values);
    }

    [Fact]
    public async Task A_record_has_its_topic_partition_and_offset_and_all_fields()
    {
        await using var fixture = new EmbeddedFixture();
        var time = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_123);
        await fixture.Producer.SendAsync(new ProducerRecord<string?, string?>("orders", "k", null) { Timestamp = time, Headers = new Headers().Add("h", "1").Add("h", (byte[]?)null) }).Limit();
        await using Consumer<string?, string?> consumer = fixture.Consumer();
        consumer.Subscribe("orders");
        ConsumerRecord<string?, string?> record = (await EmbeddedFixture.ReadAsync(consumer, 1))[0];
        Assert.Equal(("orders", 0, 0L, "k", null), (record.Topic, record.Partition, record.Offset, record.Key, record.Value));
        Assert.Equal((time, TimestampType.CreateTime), (record.Timestamp, record.TimestampType));
        Assert.Equal(2, record.Headers.Count);
        Assert.Equal("1", System.Text.Encoding.UTF8.GetString(record.Headers[0].Value!));
        Assert.Null(record.Headers[1].Value);
    }

    [Fact]
    public async Task A_new_consumer_of_the_group_continues_at_the_committed_offset()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.SendAsync(0, "a", "b", "c");
        await using (Consumer<string?, string?> first = fixture.Consumer(EmbeddedFixture.Earliest() with { MaxPollRecords = 2 }))
        {
            first.Subscribe("orders");
            await first.PollAsync(EmbeddedFixture.Soon).Limit();
            await first.CommitAsync().Limit();
        }

        await using Consumer<string?, string?> second = fixture.Consumer();
        second.Subscribe("orders");
        Assert.Equal("c", (await EmbeddedFixture.ReadAsync(second, 1))[0].Value);
        second.Commit([new(s_first, new OffsetAndMetadata(1, "manual"))]);
        Assert.Equal(new OffsetAndMetadata(1, "manual"), (await second.CommittedAsync([s_first]).Limit())[s_first]);
        Assert.Null((await second.CommittedAsync([new("orders", 9)]).Limit()).Values.Single());
    }

    [Fact]
    public async Task Auto_commit_covers_what_the_poll_before_returned_and_close_covers_the_rest()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.SendAsync(0, "a", "b", "c");
        var options = EmbeddedFixture.Earliest() with { EnableAutoCommit = true, AutoCommitIntervalMs = 0, MaxPollRecords = 1 };
        await using (Consumer<string?, string?> consumer = fixture.Consumer(options))
        {
            consumer.Subscribe("orders");
            await EmbeddedFixture.ReadAsync(consumer, 1);
            Assert.Null((await consumer.CommittedAsync([s_first]).Limit())[s_first]);
            await EmbeddedFixture.ReadAsync(consumer, 1);
            Assert.Equal(1, (await consumer.CommittedAsync([s_first]).Limit())[s_first]!.Value.Offset);
        }

        Assert.Equal(2, (await fixture.Transport.Admin.ListConsumerGroupOffsetsAsync("billing"))[s_first].Offset);
    }

    [Fact]
    public async Task Starting_at_the_end_logs_the_skipped_records_and_skips_no_later_ones()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.SendAsync(0, "old", "older");
        var latest = EmbeddedFixture.Earliest() with { AutoOffsetReset = AutoOffsetReset.Latest, EnableAutoCommit = true };
        await using (Consumer<string?, string?> consumer = fixture.Consumer(latest))
        {
            consumer.Subscribe("orders");
            Assert.Empty(await consumer.PollAsync(TimeSpan.Zero).Limit());
        }

        Assert.Contains("Information: group 'billing' starts at the end of orders-0; 2 earlier records will not be delivered (auto.offset.reset=latest)", fixture.Lines.Lines);
        await fixture.SendAsync(0, "while no consumer was there");
        await using Consumer<string?, string?> next = fixture.Consumer(latest);
        next.Subscribe("orders");
        Assert.Equal("while no consumer was there", (await EmbeddedFixture.ReadAsync(next, 1))[0].Value);
    }

    [Fact]
    public async Task Without_a_committed_offset_reset_none_is_an_error_until_a_seek()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.SendAsync(0, "a");
        await using Consumer<string?, string?> consumer = fixture.Consumer(EmbeddedFixture.Earliest() with { AutoOffsetReset = AutoOffsetReset.None });
        consumer.Subscribe("orders");
        KafkaException error = await Assert.ThrowsAsync<KafkaException>(() => consumer.PollAsync(TimeSpan.Zero).Limit());
        Assert.Contains("group 'billing' has no committed offset for orders-0 and auto.offset.reset=none", error.Message, StringComparison.Ordinal);
        consumer.Seek(s_first, 0);
        Assert.Equal("a", (await EmbeddedFixture.ReadAsync(consumer, 1))[0].Value);
    }

    [Fact]
    public async Task An_offset_that_is_not_in_the_log_is_reset_with_a_warning()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.SendAsync(0, "a");
        await using Consumer<string?, string?> consumer = fixture.Consumer();
        consumer.Assign(s_first);
        consumer.Seek(s_first, 500);
        Assert.Equal("a", (await EmbeddedFixture.ReadAsync(consumer, 1))[0].Value);
        Assert.Contains(fixture.Lines.Lines, line => line.StartsWith("Warning: group 'billing': offset 500 of orders-0 is not in the log, which has 0 to 1; reading continues at 0", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Seeks_drop_what_was_read_ahead()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.SendAsync(0, "a", "b", "c", "d");
        await using Consumer<string?, string?> consumer = fixture.Consumer(EmbeddedFixture.Earliest() with { MaxPollRecords = 1 });
        consumer.Assign(s_first);
        Assert.Equal("a", (await EmbeddedFixture.ReadAsync(consumer, 1))[0].Value);
        consumer.Seek(s_first, 3);
        Assert.Equal(3, consumer.Position(s_first));
        Assert.Equal("d", (await EmbeddedFixture.ReadAsync(consumer, 1))[0].Value);
        consumer.SeekToBeginning();
        Assert.Equal("a", (await EmbeddedFixture.ReadAsync(consumer, 1))[0].Value);
        consumer.SeekToEnd(s_first);
        Assert.Equal(4, consumer.Position(s_first));
        Assert.Equal(new WatermarkOffsets(0, 4), (await consumer.QueryWatermarkOffsetsAsync([s_first]).Limit())[s_first]);
    }

    [Fact]
    public async Task A_paused_partition_blocks_no_other_and_continues_at_its_position()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.CreateTopicAsync(2);
        await fixture.SendAsync(0, "a", "b", "c");
        await using Consumer<string?, string?> consumer = fixture.Consumer(EmbeddedFixture.Earliest() with { MaxPollRecords = 1 });
        consumer.Assign(s_first, s_second);
        Assert.Equal("a", (await EmbeddedFixture.ReadAsync(consumer, 1))[0].Value);
        consumer.Pause(s_first);
        Assert.Equal([s_first], consumer.Paused);
        await fixture.SendAsync(1, "x");
        Assert.Equal("x", (await EmbeddedFixture.ReadAsync(consumer, 1))[0].Value);
        Assert.Empty(await consumer.PollAsync(TimeSpan.Zero).Limit());
        Assert.Equal(1, consumer.Position(s_first));
        consumer.Resume(s_first);
        Assert.Equal(["b", "c"], (await EmbeddedFixture.ReadAsync(consumer, 2)).Select(record => record.Value));
    }

    [Fact]
    public async Task After_polls_that_found_nothing_the_next_one_sees_what_was_sent_sought_paused_and_assigned_since()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.CreateTopicAsync(3);
        var third = new TopicPartition("orders", 2);
        await using Consumer<string?, string?> consumer = fixture.Consumer();
        consumer.Assign(s_first, s_second);
        async Task IdleAsync()
        {
            for (int i = 0; i < 3; i++)
            {
                Assert.Empty(await consumer.PollAsync(TimeSpan.Zero).Limit());
            }
        }

        await IdleAsync();
        await fixture.SendAsync(1, "a");
        Assert.Equal(["a"], (await consumer.PollAsync(TimeSpan.Zero).Limit()).Select(record => record.Value));

        await IdleAsync();
        consumer.Seek(s_second, 0);
        Assert.Equal(["a"], (await consumer.PollAsync(TimeSpan.Zero).Limit()).Select(record => record.Value));

        await IdleAsync();
        consumer.Pause(s_first);
        await fixture.SendAsync(0, "b");
        await IdleAsync();
        consumer.Resume(s_first);
        Assert.Equal(["b"], (await consumer.PollAsync(TimeSpan.Zero).Limit()).Select(record => record.Value));

        await IdleAsync();
        await fixture.SendAsync(2, "c");
        await IdleAsync();
        consumer.Assign(s_first, third);
        Assert.Equal(["c"], (await consumer.PollAsync(TimeSpan.Zero).Limit()).Select(record => record.Value));
    }

    [Fact]
    public async Task A_record_that_cannot_be_deserialized_comes_after_those_before_it_and_can_be_sought_past()
    {
        await using var fixture = new EmbeddedFixture();
        await using (var producer = new Producer<byte[], byte[]>(fixture.Transport, new ProducerOptions { LingerMs = 1000 }))
        {
            foreach (byte[] value in new byte[][] { [0, 0, 0, 1], [9, 9], [0, 0, 0, 3] })
            {
                producer.Send(new ProducerRecord<byte[], byte[]>("orders", [7], value));
            }
        }

        await using var consumer = new Consumer<byte[], int>(fixture.Transport, EmbeddedFixture.Earliest());
        consumer.Subscribe("orders");
        Assert.Equal([1], (await consumer.PollAsync(EmbeddedFixture.Soon).Limit()).Select(record => record.Value));
        for (int again = 0; again < 2; again++)
        {
            RecordDeserializationException error = await Assert.ThrowsAsync<RecordDeserializationException>(() => consumer.PollAsync(EmbeddedFixture.Soon).Limit());
            Assert.Equal((s_first, 1L, false), (error.TopicPartition, error.Offset, error.IsKey));
            Assert.Equal("0707", Convert.ToHexString([.. error.Record.Key!, 7]));
            Assert.Equal("0909", Convert.ToHexString(error.Record.Value!));
            Assert.Contains("orders-0 offset 1", error.Message, StringComparison.Ordinal);
            Assert.Equal(1, consumer.Position(s_first));
        }

        consumer.Seek(s_first, 2);
        Assert.Equal([3], (await consumer.PollAsync(EmbeddedFixture.Soon).Limit()).Select(record => record.Value));
    }

    [Fact]
    public async Task A_null_is_an_error_only_for_types_that_have_none()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.Producer.SendAsync(new ProducerRecord<string?, string?>("orders", null, null)).Limit();
        await using var strict = new Consumer<Null?, int>(fixture.Transport, EmbeddedFixture.Earliest(null));
        strict.Assign(s_first);
        RecordDeserializationException error = await Assert.ThrowsAsync<RecordDeserializationException>(() => strict.PollAsync(EmbeddedFixture.Soon).Limit());
        Assert.Null(error.Record.Value);
        await using var lax = new Consumer<Null?, int?>(fixture.Transport, EmbeddedFixture.Earliest(null));
        lax.Assign(s_first);
        Assert.Null(Assert.Single(await lax.PollAsync(EmbeddedFixture.Soon).Limit()).Value);
    }

    [Fact]
    public async Task Wakeup_ends_a_poll_or_the_next_one()
    {
        await using var fixture = new EmbeddedFixture();
        await using Consumer<string?, string?> consumer = fixture.Consumer(EmbeddedFixture.Earliest() with { FetchMaxWaitMs = 500_000 });
        consumer.Subscribe("orders");
        consumer.Wakeup();
        Assert.Empty(await consumer.PollAsync(Timeout.InfiniteTimeSpan).Limit());
        Task<IReadOnlyList<ConsumerRecord<string?, string?>>> poll = consumer.PollAsync(Timeout.InfiniteTimeSpan).AsTask();
        Assert.False(poll.IsCompleted);
        consumer.Wakeup();
        Assert.Empty(await poll.Limit());
        using var cancellation = new CancellationTokenSource();
        poll = consumer.PollAsync(Timeout.InfiniteTimeSpan, cancellation.Token).AsTask();
        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => poll.Limit());
        poll = consumer.PollAsync(Timeout.InfiniteTimeSpan).AsTask();
        await fixture.SendAsync(0, "a");
        Assert.Equal("a", Assert.Single(await poll.Limit()).Value);
    }

    [Fact]
    public async Task A_second_call_while_one_is_under_way_is_refused()
    {
        await using var fixture = new EmbeddedFixture();
        await using Consumer<string?, string?> consumer = fixture.Consumer();
        consumer.Subscribe("orders");
        Task poll = consumer.PollAsync(Timeout.InfiniteTimeSpan).AsTask();
        Assert.Throws<InvalidOperationException>(() => consumer.Position(s_first));
        await Assert.ThrowsAsync<InvalidOperationException>(() => consumer.PollAsync(TimeSpan.Zero).Limit());
        consumer.Wakeup();
        await poll.Limit();
        Assert.Equal(0, consumer.Position(s_first));
    }

    [Fact]
    public async Task A_closed_consumer_refuses_calls()
    {
        await using var fixture = new EmbeddedFixture();
        Consumer<string?, string?> consumer = fixture.Consumer();
        await consumer.DisposeAsync();
        await consumer.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => consumer.PollAsync(TimeSpan.Zero).Limit());
    }
}
