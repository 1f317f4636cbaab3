using System.Text.RegularExpressions;
using Client.Tests.Support;
using Zurau;
using Zurau.Engine;

namespace Client.Tests.Consuming;

/// <summary>Rebalance listeners that wait, call back or fail, and the end of a consumer.</summary>
public sealed class RebalanceTests
{
    private static readonly TopicPartition s_first = new("orders", 0);

    [Fact]
    public async Task A_listener_may_wait_and_call_the_consumer_from_another_thread_and_no_record_is_returned_meanwhile()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.SendAsync(0, "a", "b");
        await using Consumer<string?, string?> consumer = fixture.Consumer();
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        consumer.Subscribe(["orders"], new Listener
        {
            Assigned = async partitions =>
            {
                await release.Task;
                consumer.Seek(s_first, 1);
                Assert.Equal(1, await consumer.PositionAsync(s_first));
            },
        });
        Task<IReadOnlyList<ConsumerRecord<string?, string?>>> poll = consumer.PollAsync(EmbeddedFixture.Soon).AsTask();
        Assert.False(poll.IsCompleted);
        Assert.Throws<InvalidOperationException>(() => consumer.Seek(s_first, 0)); // Not the listener's call.
        release.SetResult();
        Assert.Equal(["b"], (await poll.Limit()).Select(static record => record.Value));
    }

    [Fact]
    public async Task A_listener_can_neither_poll_nor_close_its_consumer()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.SendAsync(0, "a");
        await using Consumer<string?, string?> consumer = fixture.Consumer();
        var errors = new List<string>();
        consumer.Subscribe(["orders"], new Listener
        {
            Assigned = async _ =>
            {
                errors.Add((await Assert.ThrowsAsync<InvalidOperationException>(() => consumer.PollAsync(TimeSpan.Zero).AsTask())).Message);
                errors.Add((await Assert.ThrowsAsync<InvalidOperationException>(() => consumer.DisposeAsync().AsTask())).Message);
            },
        });
        Assert.Equal(["a"], (await EmbeddedFixture.ReadAsync(consumer, 1)).Select(static record => record.Value));
        Assert.Contains("rebalance is not completed", errors[0], StringComparison.Ordinal);
        Assert.Contains("cannot close its consumer", errors[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_listener_s_exception_reaches_the_poll_and_the_next_poll_continues()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.SendAsync(0, "a");
        await using Consumer<string?, string?> consumer = fixture.Consumer();
        consumer.Subscribe(["orders"], new Listener { Assigned = _ => throw new FormatException("listener") });
        await Assert.ThrowsAsync<FormatException>(() => consumer.PollAsync(EmbeddedFixture.Soon).Limit());
        Assert.Equal(["a"], (await EmbeddedFixture.ReadAsync(consumer, 1)).Select(static record => record.Value));
    }

    [Fact]
    public async Task A_listener_that_fails_at_the_close_or_the_unsubscription_does_not_keep_the_consumer_in_its_group() // B7
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.SendAsync(0, "a");
        foreach (bool isClose in new[] { true, false })
        {
            Consumer<string?, string?> consumer = fixture.Consumer();
            consumer.Subscribe(["orders"], new Listener { Revoked = _ => throw new FormatException("listener") });
            await EmbeddedFixture.ReadAsync(consumer, 1);
            await Assert.ThrowsAsync<FormatException>(() => (isClose ? consumer.DisposeAsync() : consumer.UnsubscribeAsync()).Limit());
            await AssertGroupIsFreeAsync(fixture);
            await consumer.DisposeAsync().Limit();
        }
    }

    [Fact]
    public async Task A_close_ends_a_poll_that_is_under_way_and_leaves_the_group() // B7
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.CreateTopicAsync(1);
        Consumer<string?, string?> consumer = fixture.Consumer();
        consumer.Subscribe("orders");
        Task<IReadOnlyList<ConsumerRecord<string?, string?>>> poll = consumer.PollAsync(Timeout.InfiniteTimeSpan).AsTask();
        Assert.False(poll.IsCompleted);
        await consumer.DisposeAsync().Limit();
        Assert.Empty(await poll.Limit());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => consumer.PollAsync(TimeSpan.Zero).Limit());
        await fixture.SendAsync(0, "a");
        await AssertGroupIsFreeAsync(fixture);
    }

    [Fact]
    public async Task A_listener_that_does_not_distinguish_lost_partitions_is_notified_of_revoked_ones()
    {
        var notes = new NoteRebalances();
        IRebalanceListener listener = notes;
        await listener.OnPartitionsLostAsync([s_first], CancellationToken.None);
        Assert.Equal(["revoked orders-0"], notes.Heard);
    }

    [Fact]
    public async Task A_pattern_subscribes_to_the_topics_that_match_now_and_later()
    {
        await using var fixture = new EmbeddedFixture(new BrokerOptions { AutoCreateTopicsEnable = false });
        foreach (string topic in new[] { "eu-orders", "eu-bills", "us-orders" })
        {
            await fixture.CreateTopicAsync(1, topic);
        }

        await using Consumer<string?, string?> consumer = fixture.Consumer();
        consumer.Subscribe(new Regex("^eu-"));
        await consumer.PollAsync(TimeSpan.Zero).Limit();
        Assert.Equal(["eu-bills-0", "eu-orders-0"], consumer.Assignment.Select(static partition => $"{partition}"));
        await fixture.CreateTopicAsync(1, "eu-letters");
        await fixture.Producer.SendAsync(new ProducerRecord<string?, string?>("eu-letters", null, "later")).Limit();
        Assert.Equal("later", (await EmbeddedFixture.ReadAsync(consumer, 1))[0].Value);
    }

    [Fact]
    public async Task Partitions_can_be_assigned_with_offsets()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.CreateTopicAsync(2);
        await fixture.SendAsync(0, "a", "b", "c");
        await fixture.SendAsync(1, "x", "y");
        await using Consumer<string?, string?> consumer = fixture.Consumer();
        await consumer.AssignAsync([new(s_first, 2), new TopicPartitionOffset(new("orders", 1))]).Limit();
        Assert.Equal(2, consumer.Position(s_first));
        Assert.Equal(["c", "x", "y"], (await EmbeddedFixture.ReadAsync(consumer, 3)).Select(static record => record.Value).Order());
        consumer.Assign(new TopicPartitionOffset(s_first, 1));
        Assert.Equal(["b", "c"], (await EmbeddedFixture.ReadAsync(consumer, 2)).Select(static record => record.Value));
    }

    [Fact]
    public async Task The_offset_of_a_time_is_that_of_the_first_record_at_or_after_it()
    {
        await using var fixture = new EmbeddedFixture();
        var start = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000);
        for (int i = 0; i < 3; i++)
        {
            await fixture.Producer.SendAsync(new ProducerRecord<string?, string?>("orders", null, "v") { Timestamp = start.AddSeconds(i * 10) }).Limit();
        }

        await using Consumer<string?, string?> consumer = fixture.Consumer();
        foreach ((int seconds, long? offset) in new (int, long?)[] { (-5, 0), (0, 0), (1, 1), (20, 2), (21, null) })
        {
            var wanted = new Dictionary<TopicPartition, DateTimeOffset> { [s_first] = start.AddSeconds(seconds) };
            Assert.Equal(offset, (await consumer.OffsetsForTimesAsync(wanted).Limit())[s_first]);
        }
    }

    private static async Task AssertGroupIsFreeAsync(EmbeddedFixture fixture)
    {
        await using Consumer<string?, string?> next = fixture.Consumer();
        next.Subscribe("orders");
        Assert.Single(await next.PollAsync(EmbeddedFixture.Soon).Limit());
    }

    private sealed class Listener : IRebalanceListener
    {
        internal Func<IReadOnlyCollection<TopicPartition>, ValueTask>? Assigned { get; init; }

        internal Func<IReadOnlyCollection<TopicPartition>, ValueTask>? Revoked { get; init; }

        public ValueTask OnPartitionsAssignedAsync(IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellationToken) =>
            Assigned?.Invoke(partitions) ?? default;

        public ValueTask OnPartitionsRevokedAsync(IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellationToken) =>
            Revoked?.Invoke(partitions) ?? default;
    }
}
