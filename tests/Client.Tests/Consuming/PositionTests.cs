using Client.Tests.Listening.Support;
using Client.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Storage;
using Zurau.Listening;

namespace Client.Tests.Consuming;

/// <summary>Positions that are known, not yet known, or reset: one such partition neither delays nor fails another.</summary>
public sealed class PositionTests
{
    private static readonly TopicPartition s_first = new("orders", 0);
    private static readonly TopicPartition s_second = new("orders", 1);

    // A message of format 1, which makes its partition offline.
    private static readonly byte[] s_oldMessage = Convert.FromHexString("0000000000000000000000191686e8db01000000018bcfe56800ffffffff000000036f6c64");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_offline_partition_is_reported_once_with_its_reason_and_the_others_are_read(bool isSubscribed) // F21
    {
        using MemoryStorage storage = await WithOfflinePartitionAsync();
        await using var fixture = new EmbeddedFixture(storage: storage);
        await using Consumer<string?, string?> consumer = fixture.Consumer();
        if (isSubscribed)
        {
            consumer.Subscribe("orders");
        }
        else
        {
            consumer.Assign(s_first, s_second);
        }

        Assert.Equal(["a", "b"], (await EmbeddedFixture.ReadAsync(consumer, 2)).Select(static record => record.Value));
        Assert.Empty(await consumer.PollAsync(TimeSpan.FromMilliseconds(300)).Limit()); // Tried again in the meantime.
        await fixture.SendAsync(0, "c");
        Assert.Equal(["c"], (await consumer.PollAsync(TimeSpan.Zero).Limit()).Select(static record => record.Value));
        await consumer.CommitAsync().Limit();

        string line = Assert.Single(fixture.Lines.Lines, static line => line.Contains("orders-1 is not read yet", StringComparison.Ordinal));
        Assert.Contains("holds messages of format 1", line, StringComparison.Ordinal);
        KafkaException error = await Assert.ThrowsAnyAsync<KafkaException>(() => consumer.PositionAsync(s_second).Limit());
        Assert.Equal(ErrorCode.KafkaStorageError, error.Error);
        Assert.Contains("holds messages of format 1", error.Message, StringComparison.Ordinal);
        Assert.Equal([s_first], (await fixture.Transport.Admin.ListConsumerGroupOffsetsAsync("billing")).Keys);
    }

    [Fact]
    public async Task A_listener_handles_the_other_partitions_of_a_topic_with_an_offline_one() // B1
    {
        using MemoryStorage storage = await WithOfflinePartitionAsync();
        await using var fixture = new EmbeddedFixture(storage: storage);
        var handled = new List<string?>();
        await using var bench = new ListenerBench(_ => default);
        ListenerMethod method = bench.Method with
        {
            Invoker = invocation =>
            {
                handled.Add(new Call(invocation).Value);
                return default;
            },
        };
        foreach (AutoOffsetReset reset in new[] { AutoOffsetReset.Earliest, AutoOffsetReset.Latest })
        {
            ListenerSettings settings = bench.Settings with
            {
                Topics = ["orders"],
                Consumer = bench.Settings.Consumer with { GroupId = $"{reset}", AutoOffsetReset = reset },
            };
            await using var loop = new ListenerLoop(method, settings, fixture.Transport, bench.Services, bench.Counters, bench.Log);
            await loop.SubscribeAsync(CancellationToken.None);
            await loop.PollOnceAsync(TimeSpan.Zero, CancellationToken.None).Limit();
            await fixture.SendAsync(0, $"after {reset}");
            for (int polls = 0; !handled.Contains($"after {reset}"); polls++)
            {
                Assert.True(polls < 100, string.Join(",", handled));
                await loop.PollOnceAsync(EmbeddedFixture.Soon, CancellationToken.None).Limit();
            }
        }

        Assert.Equal(["a", "b", "after earliest", "after latest"], handled);
    }

    [Fact]
    public async Task Assigned_partitions_that_do_not_exist_do_not_fail_those_that_do_and_are_read_once_they_exist() // F23
    {
        await using var fixture = new EmbeddedFixture(new BrokerOptions { AutoCreateTopicsEnable = false });
        await fixture.CreateTopicAsync(1);
        await fixture.SendAsync(0, "a");
        await using Consumer<string?, string?> consumer = fixture.Consumer();
        await consumer.AssignAsync([s_first, new TopicPartition("orders", 7), new TopicPartition("nowhere", 0)]).Limit();
        Assert.Equal(["a"], (await EmbeddedFixture.ReadAsync(consumer, 1)).Select(static record => record.Value));
        Assert.Empty(await consumer.PollAsync(TimeSpan.FromMilliseconds(300)).Limit());
        foreach (string partition in new[] { "orders-7", "nowhere-0" })
        {
            Assert.Single(fixture.Lines.Lines, line => line.Contains($"{partition} is not read yet", StringComparison.Ordinal));
        }

        await fixture.CreateTopicAsync(1, "nowhere");
        await fixture.Producer.SendAsync(new ProducerRecord<string?, string?>("nowhere", null, "here")).Limit();
        Assert.Equal(["here"], (await EmbeddedFixture.ReadAsync(consumer, 1)).Select(static record => record.Value));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task With_latest_a_topic_that_is_created_later_is_read_from_its_creation_on(bool isSubscribed) // F5
    {
        await using var fixture = new EmbeddedFixture(new BrokerOptions { AutoCreateTopicsEnable = false });
        await using Consumer<string?, string?> consumer = fixture.Consumer(EmbeddedFixture.Earliest() with { AutoOffsetReset = AutoOffsetReset.Latest });
        EmbeddedFixture.Begin(consumer, isSubscribed);
        for (int creation = 0; creation < 2; creation++)
        {
            Assert.Empty(await consumer.PollAsync(TimeSpan.Zero).Limit());
            await fixture.CreateTopicAsync(1);
            await fixture.SendAsync(0, "1", "2", "3", "4", "5");
            Assert.Equal(["1", "2", "3", "4", "5"], (await EmbeddedFixture.ReadAsync(consumer, 5)).Select(static record => record.Value));
            await fixture.SendAsync(0, "6");
            Assert.Equal(["6"], (await EmbeddedFixture.ReadAsync(consumer, 1)).Select(static record => record.Value));
            await fixture.Transport.Admin.DeleteTopicAsync("orders");
        }
    }

    [Fact]
    public async Task A_partition_whose_committed_offset_is_not_settled_waits_for_its_transaction_and_the_others_are_read()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.CreateTopicAsync(2);
        await fixture.SendAsync(0, "a", "b", "c");
        await fixture.SendAsync(1, "x");
        await using var producer = new Producer<string?, string?>(fixture.Transport, new ProducerOptions { TransactionalId = "billing-1" });
        await producer.InitTransactionsAsync().Limit();
        producer.BeginTransaction();
        await producer.SendOffsetsToTransactionAsync([KeyValuePair.Create(s_first, new OffsetAndMetadata(2))], new ConsumerGroupMetadata("billing")).Limit();
        await using Consumer<string?, string?> consumer = fixture.Consumer(EmbeddedFixture.Earliest() with { IsolationLevel = IsolationLevel.ReadCommitted });
        consumer.Assign(s_first, s_second);
        Assert.Equal(["x"], (await EmbeddedFixture.ReadAsync(consumer, 1)).Select(static record => record.Value));
        Assert.Empty(await consumer.PollAsync(TimeSpan.Zero).Limit());
        Assert.Contains(fixture.Lines.Lines, static line => line.Contains("orders-0 is not read yet", StringComparison.Ordinal) && line.Contains("open transaction", StringComparison.Ordinal));
        await producer.CommitTransactionAsync().Limit();
        Assert.Equal(["c"], (await EmbeddedFixture.ReadAsync(consumer, 1)).Select(static record => record.Value));
    }

    [Theory] // Records of 10, 5 and 1 hours before.
    [InlineData("by_duration:P1D", 0)]
    [InlineData("by_duration:PT6H", 1)]
    [InlineData("by_duration:PT1H30M", 2)]
    [InlineData("by_duration:PT30M", 3)]
    public async Task By_duration_begins_with_the_first_record_that_is_not_older(string setting, long position)
    {
        await using var fixture = new EmbeddedFixture();
        foreach (int hours in new[] { 10, 5, 1 })
        {
            DateTimeOffset time = DateTimeOffset.UtcNow.AddHours(-hours);
            await fixture.Producer.SendAsync(new ProducerRecord<string?, string?>("orders", null, "v") { Timestamp = time }).Limit();
        }

        Assert.True(AutoOffsetReset.TryParse(setting, out AutoOffsetReset reset));
        await using Consumer<string?, string?> consumer = fixture.Consumer(EmbeddedFixture.Earliest() with { AutoOffsetReset = reset });
        consumer.Assign(s_first);
        Assert.Equal(position, consumer.Position(s_first));
        Assert.Equal(setting, reset.ToString());
    }

    [Theory]
    [InlineData("by_duration:")]
    [InlineData("by_duration:1h")]
    [InlineData("by_duration:-PT1H")]
    [InlineData("by_duration:P1M")]
    [InlineData("by_duration:P1Y")]
    [InlineData("newest")]
    public void A_reset_that_does_not_exist_is_refused_with_what_is_expected(string setting)
    {
        ConfigurationException error = Assert.Throws<ConfigurationException>(() => OptionsBinder.Bind([new("Consumer:auto.offset.reset", setting)], new ZurauOptions()));
        Assert.Contains(setting, error.Message, StringComparison.Ordinal);
        Assert.Contains("latest, earliest, none or by_duration:PT1H", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_position_that_is_reset_is_the_one_that_is_committed_also_without_records()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.SendAsync(0, "a", "b");
        await using Consumer<string?, string?> consumer = fixture.Consumer(EmbeddedFixture.Earliest() with { AutoOffsetReset = AutoOffsetReset.Latest });
        consumer.Assign(s_first);
        consumer.Seek(s_first, 500);
        Assert.Empty(await consumer.PollAsync(TimeSpan.Zero).Limit());
        Assert.Equal(2, consumer.Position(s_first));
        await consumer.CommitAsync().Limit();
        Assert.Equal(2, (await consumer.CommittedAsync([s_first]).Limit())[s_first]!.Value.Offset);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_automatic_commit_for_a_deleted_topic_does_not_apply_to_the_one_that_has_its_name_now(bool isSubscribed) // F7
    {
        await using var fixture = new EmbeddedFixture(new BrokerOptions { AutoCreateTopicsEnable = false });
        await fixture.CreateTopicAsync(1);
        await fixture.SendAsync(0, "old0", "old1", "old2");
        await using Consumer<string?, string?> consumer = fixture.Consumer(EmbeddedFixture.Earliest() with { EnableAutoCommit = true });
        EmbeddedFixture.Begin(consumer, isSubscribed);
        await EmbeddedFixture.ReadAsync(consumer, 3);
        await fixture.RecreateAsync("new0", "new1", "new2", "new3");
        Assert.Equal(["new0", "new1", "new2", "new3"], (await EmbeddedFixture.ReadAsync(consumer, 4)).Select(static record => record.Value));
        await consumer.CommitAsync().Limit();
        Assert.Equal(4, (await consumer.CommittedAsync([s_first]).Limit())[s_first]!.Value.Offset);
    }

    [Theory] // The log has 5 to 7, the group has committed 2.
    [InlineData("earliest", new long[] { 5, 6, 7 })]
    [InlineData("latest", new long[0])]
    [InlineData("by_duration:P1D", new long[] { 5, 6, 7 })]
    [InlineData("none", null)]
    public async Task A_committed_offset_whose_records_were_deleted_is_reset_also_for_a_listener(string setting, long[]? expected)
    {
        Assert.True(AutoOffsetReset.TryParse(setting, out AutoOffsetReset reset));
        await using var fixture = new EmbeddedFixture();
        await fixture.SendAsync(0, [.. Enumerable.Range(0, 8).Select(static i => $"{i}")]);
        await using (Consumer<string?, string?> before = fixture.Consumer())
        {
            before.Assign(s_first);
            await before.CommitAsync([new(s_first, new OffsetAndMetadata(2))]).Limit();
        }

        await fixture.Transport.Admin.DeleteRecordsAsync(s_first, 5);
        await using (Consumer<string?, string?> consumer = fixture.Consumer(EmbeddedFixture.Earliest() with { AutoOffsetReset = reset }))
        {
            consumer.Subscribe("orders");
            if (expected is null)
            {
                KafkaException error = await Assert.ThrowsAsync<KafkaException>(() => consumer.PollAsync(TimeSpan.Zero).Limit());
                Assert.Contains("Offset 2 of orders-0 is not in the log, which has 5 to 8, and auto.offset.reset=none", error.Message, StringComparison.Ordinal);
            }
            else
            {
                Assert.Equal(expected, (await consumer.PollAsync(TimeSpan.Zero).Limit()).Select(static record => record.Offset));
            }
        }

        var handled = new List<long>();
        await using var bench = new ListenerBench(_ => default);
        ListenerSettings settings = bench.Settings with { Topics = ["orders"], Consumer = bench.Settings.Consumer with { GroupId = "billing", AutoOffsetReset = reset } };
        await using var loop = new ListenerLoop(bench.Collecting(handled), settings, fixture.Transport, bench.Services, bench.Counters, bench.Log);
        await loop.SubscribeAsync(CancellationToken.None);
        if (expected is null)
        {
            await Assert.ThrowsAsync<KafkaException>(() => loop.PollOnceAsync(TimeSpan.Zero, CancellationToken.None).Limit());
            return;
        }

        await loop.PollOnceAsync(TimeSpan.Zero, CancellationToken.None).Limit();
        Assert.Equal(expected, handled);
    }

    /// <summary>Topic orders with records a and b in partition 0; partition 1 cannot be opened.</summary>
    private static async Task<MemoryStorage> WithOfflinePartitionAsync()
    {
        var storage = new MemoryStorage();
        await using (var fixture = new EmbeddedFixture(storage: storage))
        {
            await fixture.CreateTopicAsync(2);
            await fixture.SendAsync(0, "a", "b");
        }

        Assert.Equal(IoResult.Ok, storage.Open("orders-1/00000000000000000000.log", FileOpening.Truncated, out IStorageFile? file));
        Assert.Equal(IoResult.Ok, file!.Write(0, s_oldMessage));
        file.Dispose();
        return storage;
    }
}
