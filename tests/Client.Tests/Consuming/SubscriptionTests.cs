using Client.Tests.Support;
using Zurau;
using Zurau.Engine;

namespace Client.Tests.Consuming;

public class SubscriptionTests
{
    private static readonly TopicPartition s_first = new("orders", 0);

    [Fact]
    public async Task The_rebalance_listener_is_notified_of_all_changes_and_may_call_the_consumer()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.SendAsync(0, "a", "b");
        Consumer<string?, string?> consumer = fixture.Consumer();
        var listener = new NoteRebalances(_ => consumer.Seek(s_first, 1), _ => consumer.Commit());
        consumer.Subscribe(["orders"], listener);
        Assert.Empty(consumer.Assignment);
        Assert.Equal("b", (await EmbeddedFixture.ReadAsync(consumer, 1))[0].Value);
        await consumer.DisposeAsync();
        Assert.Equal(["assigned orders-0", "revoked orders-0"], listener.Heard);
        Assert.Equal(2, (await fixture.Transport.Admin.ListConsumerGroupOffsetsAsync("billing"))[s_first].Offset);
    }

    [Fact]
    public async Task A_topic_that_is_created_later_is_picked_up()
    {
        await using var fixture = new EmbeddedFixture(new BrokerOptions { AutoCreateTopicsEnable = false });
        await using Consumer<string?, string?> consumer = fixture.Consumer();
        var listener = new NoteRebalances();
        consumer.Subscribe(["orders"], listener);
        Assert.Empty(await consumer.PollAsync(TimeSpan.Zero).Limit());
        Task<List<ConsumerRecord<string?, string?>>> read = EmbeddedFixture.ReadAsync(consumer, 1);
        await fixture.CreateTopicAsync(2);
        await fixture.SendAsync(1, "a");
        Assert.Equal("a", (await read.Limit())[0].Value);
        Assert.Equal(["assigned orders-0,orders-1"], listener.Heard);
    }

    [Fact]
    public async Task A_subscription_creates_its_topic_if_allowed_and_logs_it()
    {
        await using var fixture = new EmbeddedFixture(new BrokerOptions { NumPartitions = 3 });
        await using Consumer<string?, string?> consumer = fixture.Consumer();
        consumer.Subscribe("orders");
        await consumer.PollAsync(TimeSpan.Zero).Limit();
        Assert.Equal(3, consumer.Assignment.Count);
        Assert.Contains(fixture.Lines.Lines, line => line.StartsWith("Information: Topic 'orders' did not exist and was created; partitions: 3", StringComparison.Ordinal));
        await using Consumer<string?, string?> other = fixture.Consumer(EmbeddedFixture.Earliest("other") with { AllowAutoCreateTopics = false });
        other.Subscribe("payments");
        await other.PollAsync(TimeSpan.Zero).Limit();
        Assert.Empty(other.Assignment);
    }

    [Fact]
    public async Task A_topic_that_is_deleted_and_created_again_is_read_from_its_start()
    {
        await using var fixture = new EmbeddedFixture(new BrokerOptions { AutoCreateTopicsEnable = false });
        await fixture.CreateTopicAsync(1);
        await fixture.SendAsync(0, "old", "older");
        await using Consumer<string?, string?> consumer = fixture.Consumer();
        var listener = new NoteRebalances();
        consumer.Subscribe(["orders"], listener);
        await EmbeddedFixture.ReadAsync(consumer, 2);
        await fixture.Transport.Admin.DeleteTopicAsync("orders");
        Assert.Empty(await consumer.PollAsync(TimeSpan.Zero).Limit());
        await fixture.CreateTopicAsync(1);
        await fixture.SendAsync(0, "new");
        Assert.Equal("new", (await EmbeddedFixture.ReadAsync(consumer, 1))[0].Value);
        Assert.Equal(["assigned orders-0", "revoked orders-0", "assigned orders-0"], listener.Heard);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_topic_created_again_between_two_polls_is_read_from_its_start_and_no_record_is_skipped(bool isSubscribed) // F7
    {
        await using var fixture = new EmbeddedFixture(new BrokerOptions { AutoCreateTopicsEnable = false });
        await fixture.CreateTopicAsync(1);
        await fixture.SendAsync(0, "old0", "old1", "old2");
        await using Consumer<string?, string?> consumer = fixture.Consumer();
        EmbeddedFixture.Begin(consumer, isSubscribed);
        await EmbeddedFixture.ReadAsync(consumer, 3);
        await fixture.RecreateAsync("new0", "new1", "new2", "new3", "new4", "new5");
        KafkaException late = await Assert.ThrowsAnyAsync<KafkaException>(() => consumer.CommitAsync([new(s_first, new OffsetAndMetadata(3))]).Limit());
        Assert.Equal(ErrorCode.InconsistentTopicId, late.Error);
        Assert.Equal(["new0", "new1", "new2", "new3", "new4", "new5"], (await EmbeddedFixture.ReadAsync(consumer, 6)).Select(static record => record.Value));
        await consumer.CommitAsync([new(s_first, new OffsetAndMetadata(6))]).Limit();
    }

    [Fact]
    public async Task Another_subscription_gives_up_what_it_does_not_name_any_more()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.SendAsync(0, "a");
        await using Consumer<string?, string?> consumer = fixture.Consumer(EmbeddedFixture.Earliest() with { EnableAutoCommit = true });
        var listener = new NoteRebalances();
        consumer.Subscribe(["orders"], listener);
        await EmbeddedFixture.ReadAsync(consumer, 1);
        consumer.Subscribe(["payments"], listener);
        await consumer.PollAsync(TimeSpan.Zero).Limit();
        Assert.Equal([new("payments", 0)], consumer.Assignment);
        Assert.Equal(["assigned orders-0", "revoked orders-0", "assigned payments-0"], listener.Heard);
        Assert.Equal(1, (await fixture.Transport.Admin.ListConsumerGroupOffsetsAsync("billing"))[s_first].Offset);
    }

    [Fact]
    public async Task Unsubscribing_leaves_the_group_to_another_consumer()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.SendAsync(0, "a");
        await using Consumer<string?, string?> first = fixture.Consumer();
        await using Consumer<string?, string?> second = fixture.Consumer();
        first.Subscribe("orders");
        Assert.Single(await first.PollAsync(EmbeddedFixture.Soon).Limit());
        second.Subscribe("orders");
        for (int again = 0; again < 2; again++)
        {
            Assert.Equal(ErrorCode.GroupMaxSizeReached, (await Assert.ThrowsAsync<KafkaException>(() => second.PollAsync(EmbeddedFixture.Soon).Limit())).Error);
        }

        await first.UnsubscribeAsync().Limit();
        Assert.Empty(first.Assignment);
        Assert.Equal("a", (await EmbeddedFixture.ReadAsync(second, 1))[0].Value);
        KafkaException error = await Assert.ThrowsAsync<KafkaException>(() => first.CommitAsync([new(s_first, new OffsetAndMetadata(1))]).Limit());
        Assert.Equal(ErrorCode.UnknownMemberId, error.Error);
    }

    [Fact]
    public async Task Assigning_again_keeps_the_positions_of_partitions_that_stay()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.CreateTopicAsync(2);
        await fixture.SendAsync(0, "a", "b");
        await fixture.SendAsync(1, "x");
        await using Consumer<string?, string?> consumer = fixture.Consumer(EmbeddedFixture.Earliest() with { MaxPollRecords = 1 });
        consumer.Assign(s_first);
        await EmbeddedFixture.ReadAsync(consumer, 1);
        consumer.Assign(s_first, new("orders", 1));
        Assert.Equal(["b", "x"], (await EmbeddedFixture.ReadAsync(consumer, 2)).Select(record => record.Value).Order());
        consumer.Assign(new TopicPartition("orders", 1));
        Assert.Throws<InvalidOperationException>(() => consumer.Seek(s_first, 0));
    }

    [Fact]
    public async Task Without_a_group_partitions_can_be_assigned_and_nothing_else()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.SendAsync(0, "a");
        await using Consumer<string?, string?> consumer = fixture.Consumer(EmbeddedFixture.Earliest(null) with { EnableAutoCommit = true, AutoCommitIntervalMs = 0 });
        KafkaException error = Assert.Throws<KafkaException>(() => consumer.Subscribe("orders"));
        Assert.Equal(ErrorCode.InvalidGroupId, error.Error);
        Assert.Contains("set group.id", error.Message, StringComparison.Ordinal);
        consumer.Assign(s_first);
        Assert.Equal("a", (await EmbeddedFixture.ReadAsync(consumer, 1))[0].Value);
        await Assert.ThrowsAsync<KafkaException>(() => consumer.CommitAsync().Limit());
    }

    [Fact]
    public async Task A_name_that_no_topic_can_have_is_refused_by_each_poll_until_another_subscription()
    {
        await using var fixture = new EmbeddedFixture();
        await using Consumer<string?, string?> consumer = fixture.Consumer();
        consumer.Subscribe("no/topic");
        for (int again = 0; again < 2; again++)
        {
            KafkaException error = await Assert.ThrowsAsync<KafkaException>(() => consumer.PollAsync(EmbeddedFixture.Soon).Limit());
            Assert.Equal(ErrorCode.InvalidTopicException, error.Error);
        }

        consumer.Subscribe("orders");
        Assert.Empty(await consumer.PollAsync(TimeSpan.Zero).Limit());
        Assert.Equal(ErrorCode.InvalidTopicException, (await Assert.ThrowsAsync<KafkaException>(
            () => fixture.Producer.SendAsync(new ProducerRecord<string?, string?>("no/topic", null, "v")).Limit())).Error);
    }
}
