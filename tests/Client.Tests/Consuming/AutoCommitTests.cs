using Client.Tests.Listening.Support;
using Client.Tests.Support;
using Zurau;

namespace Client.Tests.Consuming;

/// <summary>Automatic commits happen when Kafka's consumer makes them: in polls, every interval from the assignment on.</summary>
public sealed class AutoCommitTests
{
    private static readonly TopicPartition s_first = new("orders", 0);

    private readonly SteppedTime _time = new();
    private readonly FakeTransport _cluster;

    public AutoCommitTests() => _cluster = new FakeTransport(_time).AddTopic("orders", 1);

    private long? Committed => _cluster.Committed.TryGetValue(("billing", s_first), out long offset) ? offset : null;

    [Fact]
    public async Task Nothing_is_committed_at_4999_ms_and_the_records_of_earlier_polls_at_5000_ms()
    {
        await using Consumer<byte[], string> consumer = await ConsumerAsync();
        _time.Advance(TimeSpan.FromMilliseconds(4_999));
        Assert.Empty(await consumer.PollAsync(TimeSpan.Zero).Limit());
        Assert.Null(Committed);
        Append("c");
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Single(await consumer.PollAsync(TimeSpan.Zero).Limit());
        Assert.Equal(2, Committed); // Not the record that this poll returns.

        _time.Advance(TimeSpan.FromMilliseconds(4_999));
        await consumer.PollAsync(TimeSpan.Zero).Limit();
        Assert.Equal(2, Committed);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await consumer.PollAsync(TimeSpan.Zero).Limit();
        Assert.Equal(3, Committed);
    }

    [Fact]
    public async Task The_interval_begins_again_with_each_assignment_and_a_revocation_commits_at_once()
    {
        Append("a");
        Append("b");
        await using Consumer<byte[], string> consumer = NewConsumer();
        _time.Advance(TimeSpan.FromMilliseconds(3_000));
        Assert.Equal(2, (await consumer.PollAsync(TimeSpan.Zero).Limit()).Count);
        _time.Advance(TimeSpan.FromMilliseconds(4_999));
        await consumer.PollAsync(TimeSpan.Zero).Limit();
        Assert.Null(Committed);
        _cluster.Consumers[0].Rebalance();
        Append("c");
        Assert.Single(await consumer.PollAsync(TimeSpan.Zero).Limit());
        Assert.Equal(2, Committed);
        _time.Advance(TimeSpan.FromMilliseconds(4_999));
        await consumer.PollAsync(TimeSpan.Zero).Limit();
        Assert.Equal(2, Committed);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await consumer.PollAsync(TimeSpan.Zero).Limit();
        Assert.Equal(3, Committed);
    }

    [Fact]
    public async Task A_close_commits_what_was_returned()
    {
        await using (Consumer<byte[], string> _ = await ConsumerAsync())
        {
            Assert.Null(Committed);
        }

        Assert.Equal(2, Committed);
    }

    [Fact]
    public async Task A_commit_that_fails_is_made_up_for_by_the_next_one_and_an_unchanged_position_is_not_committed_again()
    {
        await using Consumer<byte[], string> consumer = await ConsumerAsync();
        _cluster.CommitErrors.Enqueue(ErrorCode.CoordinatorNotAvailable);
        for (int interval = 0; interval < 4; interval++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(5_000));
            await consumer.PollAsync(TimeSpan.Zero).Limit();
        }

        Assert.Equal(["commit failed:0@2", "commit:0@2"], _cluster.Events.Where(static note => note.StartsWith("commit", StringComparison.Ordinal)));
    }

    [Theory] // The worked example with the records 10 to 14.
    [InlineData(true, new long[0])]
    [InlineData(false, new long[] { 12, 13, 14 })]
    public async Task A_crash_loses_no_record_of_an_inline_loop_and_those_that_were_handed_to_a_worker_and_not_handled(bool isInline, long[] lost)
    {
        for (int i = 0; i < 15; i++)
        {
            Append($"{i}");
        }

        _cluster.Committed[("billing", s_first)] = 10;
        await using Consumer<byte[], string> consumer = NewConsumer();
        long[] polled = [.. (await consumer.PollAsync(TimeSpan.Zero).Limit()).Select(static record => record.Offset)];
        Assert.Equal([10, 11, 12, 13, 14], polled);
        long[] handled = isInline ? polled : polled[..2]; // The worker is at the third record.
        _time.Advance(TimeSpan.FromMilliseconds(5_000));
        await consumer.PollAsync(TimeSpan.Zero).Limit();
        Assert.Equal(15, Committed);
        Assert.Equal(lost, polled.Where(offset => offset < Committed && !handled.Contains(offset)));
    }

    private async Task<Consumer<byte[], string>> ConsumerAsync()
    {
        Append("a");
        Append("b");
        Consumer<byte[], string> consumer = NewConsumer();
        Assert.Equal(2, (await consumer.PollAsync(TimeSpan.Zero).Limit()).Count);
        return consumer;
    }

    private Consumer<byte[], string> NewConsumer()
    {
        var consumer = new Consumer<byte[], string>(_cluster, new ConsumerOptions { GroupId = "billing", AutoOffsetReset = AutoOffsetReset.Earliest });
        consumer.Subscribe("orders");
        return consumer;
    }

    private void Append(string value) => _cluster.Append(s_first, null, System.Text.Encoding.UTF8.GetBytes(value));
}
