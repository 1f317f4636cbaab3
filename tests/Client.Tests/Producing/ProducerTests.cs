using Client.Tests.Support;
using Zurau;

namespace Client.Tests.Producing;

public class ProducerTests
{
    [Fact]
    public async Task An_awaited_send_is_appended_immediately_and_returns_its_offset()
    {
        var fixture = new ProducerFixture();
        RecordMetadata first = await fixture.SendAsync("a").Limit();
        RecordMetadata second = await fixture.SendAsync("b").Limit();
        Assert.Equal((new TopicPartition("orders", 0), 0L, 1_700_000_000_000), (first.TopicPartition, first.Offset, first.Timestamp.ToUnixTimeMilliseconds()));
        Assert.Equal(1, second.Offset);
        Assert.Equal(["a", "b"], fixture.Log.Values());
        Assert.Equal(0, fixture.Producer.BufferedBytes);
    }

    [Fact]
    public async Task Keys_values_headers_nulls_and_timestamps_arrive_as_they_were_sent()
    {
        var fixture = new ProducerFixture();
        var time = DateTimeOffset.FromUnixTimeMilliseconds(1_234_567_890_123);
        Headers headers = new Headers().Add("source", "file").Add("empty", (byte[]?)null).Add("source", "again");
        await fixture.Producer.SendAsync(new ProducerRecord<string?, string?>("orders", "", null) { Timestamp = time, Headers = headers }).Limit();
        await fixture.Producer.SendAsync(new ProducerRecord<string?, string?>("orders", null, "")).Limit();
        IReadOnlyList<FakeRecord> records = fixture.Log.Records();
        Assert.Equal(("", null, 1_234_567_890_123), (records[0].Key, records[0].Value, records[0].TimestampMs));
        Assert.Equal(["source", "empty", "source"], records[0].Headers.Select(header => header.Key));
        Assert.Null(records[0].Headers[1].Value);
        Assert.Equal((null, "", 1_700_000_000_000), (records[1].Key, records[1].Value, records[1].TimestampMs));
        Assert.Empty(records[1].Headers);
    }

    [Fact]
    public async Task The_logs_own_time_is_reported_where_the_topic_uses_it()
    {
        var fixture = new ProducerFixture();
        fixture.Log.LogAppendTimeMs = 42;
        Assert.Equal(42, (await fixture.SendAsync("a").Limit()).Timestamp.ToUnixTimeMilliseconds());
    }

    [Fact]
    public async Task A_key_decides_the_partition_and_an_empty_key_is_a_key()
    {
        var fixture = new ProducerFixture(partitions: 12);
        foreach ((string key, int partition) in new[] { ("", 9), ("a", 4), ("abc", 3), ("foobar", 6), ("Zürich 東京", 1) })
        {
            Assert.Equal(partition, (await fixture.SendAsync("v", key).Limit()).TopicPartition.Partition);
        }
    }

    [Fact]
    public async Task A_given_partition_wins_over_the_key_and_must_exist()
    {
        var fixture = new ProducerFixture(partitions: 3);
        Assert.Equal(2, (await fixture.SendAsync("v", "a", partition: 2).Limit()).TopicPartition.Partition);
        KafkaException error = await Assert.ThrowsAnyAsync<KafkaException>(() => fixture.SendAsync("v", "a", partition: 7).Limit());
        Assert.Equal("topic 'orders' has 3 partitions; partition 7 does not exist", error.Message);
        await Assert.ThrowsAnyAsync<KafkaException>(() => fixture.SendAsync("v", "a", partition: -1).Limit());
    }

    [Fact]
    public void Records_without_a_key_fill_a_batch_and_then_change_the_partition()
    {
        var fixture = new ProducerFixture(new ProducerOptions { BatchSize = 1000 }, partitions: 5);
        for (int i = 0; i < 2000; i++)
        {
            fixture.Send(new string('x', 90));
        }

        fixture.Producer.Flush();
        FakeRecord[] records = [.. Enumerable.Range(0, 5).SelectMany(partition => fixture.Log.Records(partition))];
        Assert.Equal(2000, records.Length);
        Assert.All(Enumerable.Range(0, 5), partition => Assert.InRange(fixture.Log.Records(partition).Count, 200, 700));

        // Full batches but for the last one: that is what sticking to a partition is for.
        Assert.True(records.Count(record => record.BatchCount < records.Max(other => other.BatchCount)) < 10);
        Assert.All(records, record => Assert.InRange(record.BatchBytes, 61, 1000));
    }

    [Fact]
    public async Task Awaited_records_without_a_key_change_the_partition_after_a_batchs_worth_too()
    {
        var fixture = new ProducerFixture(new ProducerOptions { BatchSize = 1000 }, partitions: 5);
        for (int i = 0; i < 500; i++)
        {
            await fixture.SendAsync(new string('x', 90)).Limit();
        }

        Assert.All(Enumerable.Range(0, 5), partition => Assert.InRange(fixture.Log.Records(partition).Count, 30, 200));
    }

    [Fact]
    public void A_send_with_a_callback_lingers_until_linger_ms_is_over()
    {
        var fixture = new ProducerFixture(new ProducerOptions { LingerMs = 5 });
        var offsets = new List<long>();
        fixture.Send("a", callback: (metadata, _) => offsets.Add(metadata.Offset));
        fixture.Advance(3);
        fixture.Send("b", callback: (metadata, _) => offsets.Add(metadata.Offset));
        fixture.Advance(1);
        Assert.Empty(fixture.Log.Values());
        Assert.Equal(fixture.Log.Time.GetTimestamp() + 1, fixture.Log.Pump.NextWorkMs);
        fixture.Advance(1);
        Assert.Equal(["a", "b"], fixture.Log.Values());
        Assert.Equal([0, 1], offsets);
        Assert.Equal(1, fixture.Log.AppendCount);
        Assert.Equal(long.MaxValue, fixture.Log.Pump.NextWorkMs);
    }

    [Fact]
    public void A_send_with_a_callback_allocates_nothing_for_its_record()
    {
        // Nothing is sent before the flush, so what is measured is the sends alone, on one thread.
        const int Records = 5000;
        var log = new FakeLog();
        var producer = new Producer<string, byte[]>(log, new ProducerOptions { LingerMs = 1000, BatchSize = 1_000_000 });
        var record = new ProducerRecord<string, byte[]>("orders", "customer-7", new byte[100]);
        int called = 0;
        Action<RecordMetadata, Exception?> callback = (_, _) => called++;
        long allocated = 0;
        for (int round = 0; round < 2; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < Records; i++)
            {
                producer.Send(record, callback);
            }

            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.Equal(round, log.AppendCount);
            producer.Flush();
        }

        // A batch may allocate; the smallest object per record would be 24 bytes.
        Assert.InRange(allocated / (double)Records, 0, 12);
        Assert.Equal(2 * Records, called);
    }

    [Fact]
    public void With_linger_ms_0_a_send_is_appended_at_once()
    {
        var fixture = new ProducerFixture(new ProducerOptions { LingerMs = 0 });
        fixture.Send("a");
        Assert.Equal(["a"], fixture.Log.Values());
    }

    [Fact]
    public void A_full_batch_does_not_linger()
    {
        var fixture = new ProducerFixture(new ProducerOptions { BatchSize = 500, LingerMs = 1000 });
        for (int i = 0; i < 10; i++)
        {
            fixture.Send(new string('x', 90));
        }

        Assert.InRange(fixture.Log.Values().Count, 5, 9);
    }

    [Fact]
    public async Task A_record_larger_than_batch_size_gets_a_batch_of_its_own_and_keeps_its_place()
    {
        var fixture = new ProducerFixture(new ProducerOptions { BatchSize = 500, LingerMs = 1000 });
        fixture.Send("before");
        fixture.Send(new string('x', 5000));
        fixture.Send("after");
        await fixture.Producer.FlushAsync().Limit();
        Assert.Equal([6, 5000, 5], fixture.Log.Values().Select(value => value.Length));
        Assert.Equal(0, fixture.Producer.BufferedBytes);
    }

    [Fact]
    public async Task A_record_larger_than_max_request_size_is_refused_at_once()
    {
        var fixture = new ProducerFixture(new ProducerOptions { MaxRequestSize = 1000 });
        KafkaException error = await Assert.ThrowsAnyAsync<KafkaException>(() => fixture.SendAsync(new string('x', 1000)).Limit());
        Assert.Equal(ErrorCode.MessageTooLarge, error.Error);
        Assert.Matches("takes 1[0-9]{3} bytes, max.request.size=1000", error.Message);
        Assert.ThrowsAny<KafkaException>(() => fixture.Send(new string('x', 1000)));
        Assert.Equal(0, fixture.Log.AppendCount);
    }

    [Fact]
    public async Task While_an_append_is_under_way_awaited_sends_join_one_next_batch()
    {
        var fixture = new ProducerFixture();
        fixture.Log.HoldAnswers = true;
        Task<RecordMetadata> first = fixture.SendAsync("a").AsTask();
        Task<RecordMetadata>[] others = [.. Enumerable.Range(0, 5).Select(i => fixture.SendAsync($"{i}").AsTask())];
        Assert.Equal(["a"], fixture.Log.Values());
        Assert.False(first.IsCompleted);
        fixture.Log.ReleaseOne();
        Assert.Equal(0, (await first.Limit()).Offset);
        Within.Until(() => fixture.Log.AppendCount == 2, "the second append");
        Assert.All(others, other => Assert.False(other.IsCompleted));
        fixture.Log.ReleaseOne();
        Assert.Equal([1, 2, 3, 4, 5], (await Task.WhenAll(others).Limit()).Select(metadata => metadata.Offset));
    }

    [Fact]
    public async Task Results_are_in_order_even_if_the_answers_are_not()
    {
        var fixture = new ProducerFixture(new ProducerOptions { LingerMs = 1000 });
        fixture.Log.HoldAnswers = true;
        var offsets = new List<long>();
        for (int i = 0; i < 3; i++)
        {
            fixture.Send($"{i}", callback: (metadata, _) => offsets.Add(metadata.Offset));
            _ = fixture.Producer.FlushAsync();
        }

        Assert.Equal(3, fixture.Log.HeldCount);
        fixture.Log.ReleaseLast();
        Assert.Empty(offsets);
        fixture.Log.ReleaseOne();
        fixture.Log.ReleaseOne();
        await fixture.Producer.FlushAsync().Limit();
        Assert.Equal([0, 1, 2], offsets);
    }

    [Fact]
    public async Task Flush_waits_for_what_was_sent_before_it_and_for_its_callbacks()
    {
        var fixture = new ProducerFixture(new ProducerOptions { LingerMs = 1000 });
        fixture.Log.HoldAnswers = true;
        bool isCalled = false;
        fixture.Send("a", callback: (_, _) => isCalled = true);
        Task flush = fixture.Producer.FlushAsync().AsTask();
        fixture.Send("after the flush");
        Assert.False(flush.IsCompleted);
        fixture.Log.ReleaseOne();
        await flush.Limit();
        Assert.True(isCalled);
        Assert.Equal(["a"], fixture.Log.Values());
    }

    [Fact]
    public void A_callback_that_throws_is_logged_and_stops_nothing()
    {
        var fixture = new ProducerFixture();
        int called = 0;
        fixture.Send("a", callback: (_, _) => throw new InvalidOperationException("boom"));
        fixture.Send("b", callback: (_, _) => called++);
        fixture.Producer.Flush();
        Assert.Equal(1, called);
        Assert.Contains(fixture.Lines.Lines, line => line.StartsWith("Error: The callback of the record at orders-0 offset 0 threw", StringComparison.Ordinal));
    }

    [Fact]
    public void A_callback_may_send_but_must_not_flush()
    {
        var fixture = new ProducerFixture(new ProducerOptions { LingerMs = 0 });
        Exception? flushed = null;
        fixture.Send("a", callback: (_, _) =>
        {
            fixture.Send("b");
            flushed = Record.Exception(fixture.Producer.Flush);
        });
        fixture.Producer.Flush();
        Assert.Equal(["a", "b"], fixture.Log.Values());
        Assert.Contains("callback", Assert.IsType<InvalidOperationException>(flushed).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failure_without_an_observer_is_logged()
    {
        var fixture = new ProducerFixture();
        fixture.Log.Answer = (_, _) => ErrorCode.TopicAuthorizationFailed;
        fixture.Send("a");
        fixture.Send("b");
        fixture.Producer.Flush();
        Assert.Equal(["Error: 2 records for orders-0 that were sent without a callback were not delivered (TopicAuthorizationFailed): the fake log returns TopicAuthorizationFailed"], fixture.Lines.Lines);
    }

    [Fact]
    public async Task With_acks_0_there_is_no_offset()
    {
        var fixture = new ProducerFixture(new ProducerOptions { Acks = Acks.None });
        Assert.Equal(-1, (await fixture.SendAsync("a").Limit()).Offset);
        Assert.Equal(-1, (await fixture.SendAsync("b").Limit()).Offset);
    }

    [Fact]
    public async Task A_topic_that_does_not_exist_fails_the_send()
    {
        var fixture = new ProducerFixture();
        KafkaException error = await Assert.ThrowsAnyAsync<KafkaException>(
            () => fixture.Producer.SendAsync(new ProducerRecord<string?, string?>("missing", null, "a")).Limit());
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, error.Error);
    }

    [Fact]
    public async Task A_serializer_that_throws_names_topic_and_part_and_leaves_the_batch_as_it_was()
    {
        var log = new FakeLog();
        var producer = new Producer<Loop?, string>(log, new ProducerOptions());
        var loop = new Loop();
        loop.Self = loop;
        producer.Send(new ProducerRecord<Loop?, string>("orders", null, "before"));
        SerializationException error = await Assert.ThrowsAsync<SerializationException>(
            () => producer.SendAsync(new ProducerRecord<Loop?, string>("orders", loop, "v")).Limit());
        Assert.True(error.IsKey);
        Assert.Contains("topic 'orders'", error.Message, StringComparison.Ordinal);
        producer.Send(new ProducerRecord<Loop?, string>("orders", new Loop(), "after"));
        await producer.DisposeAsync();
        Assert.Equal(["before", "after"], log.Values());
    }

    [Fact]
    public async Task Producers_of_other_types_share_batches_and_close_with_the_first_one()
    {
        var log = new FakeLog();
        var producer = new Producer<byte[], byte[]>(log, new ProducerOptions { LingerMs = 1000 });
        var template = new KafkaTemplate<string, int>(producer);
        var raw = producer.As<Null?, string>();
        raw.Send(new ProducerRecord<Null?, string>("orders", null, "first"));
        RecordMetadata metadata = await template.SendAsync("orders", "key", 1).Limit();
        Assert.Equal((1, 1), (metadata.Offset, log.AppendCount));
        Assert.Equal(["first", "\0\0\0\u0001"], log.Values());
        await raw.DisposeAsync();
        await template.SendAsync(new ProducerRecord<string, int>("orders", "key", 2)).Limit();
        await producer.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => template.SendAsync("orders", "key", 3).Limit());
    }

    [Fact]
    public void Idempotence_needs_acks_all_and_few_batches_in_flight()
    {
        var options = new ProducerOptions { EnableIdempotence = true, Acks = Acks.Leader, MaxInFlightRequestsPerConnection = 6 };
        ConfigurationException error = Assert.Throws<ConfigurationException>(() => new Producer<string, string>(new FakeLog(), options));
        Assert.Contains("acks=1: enable.idempotence=true needs acks=all", error.Message, StringComparison.Ordinal);
        Assert.Contains("max.in.flight.requests.per.connection=6", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    public async Task Without_retries_a_producer_is_not_idempotent_unless_it_is_configured(int retries, bool isIdempotent)
    {
        var log = new FakeLog();
        await using (var producer = new Producer<string, string>(log, new ProducerOptions { Retries = retries }))
        {
            await producer.SendAsync(new ProducerRecord<string, string>("orders", "key", "value")).AsTask().Limit();
        }

        Assert.Equal(isIdempotent ? 1 : 0, log.IdentityCount);
        ConfigurationException error = Assert.Throws<ConfigurationException>(() => new Producer<string, string>(log, new ProducerOptions { EnableIdempotence = true, Retries = 0 }));
        Assert.Contains("retries=0: enable.idempotence=true needs retries above 0", error.Message, StringComparison.Ordinal);
    }

    private sealed class Loop
    {
        public Loop? Self { get; set; }
    }
}
