using Client.Tests.Listening.Support;
using Client.Tests.Support;
using Zurau;

namespace Client.Tests.Consuming;

/// <summary>Commits of single records and in the background, and what a later consumer reads.</summary>
public sealed class CommitTests
{
    private static readonly TopicPartition s_first = new("orders", 0);

    private readonly FakeTransport _cluster = new FakeTransport(new SteppedTime()).AddTopic("orders", 1);

    private IEnumerable<string> Commits => _cluster.Events.Where(static note => note.StartsWith("commit", StringComparison.Ordinal));

    [Fact]
    public async Task A_record_is_committed_with_its_leader_epoch_so_that_reading_continues_after_it()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.SendAsync(0, "a", "b", "c");
        await using Consumer<string?, string?> consumer = fixture.Consumer();
        consumer.Subscribe("orders");
        List<ConsumerRecord<string?, string?>> records = await EmbeddedFixture.ReadAsync(consumer, 3);
        await consumer.CommitAsync(records[1]).Limit();
        Assert.Equal(new OffsetAndMetadata(2, LeaderEpoch: records[1].LeaderEpoch), (await consumer.CommittedAsync([s_first]).Limit())[s_first]);
    }

    [Fact]
    public async Task Of_200_processed_records_195_committed_ones_do_not_come_again_and_5_do()
    {
        await using var fixture = new EmbeddedFixture();
        await using (var producer = new Producer<Null?, string>(fixture.Transport, new ProducerOptions { LingerMs = 1000 }))
        {
            for (int i = 0; i < 200; i++)
            {
                producer.Send(new ProducerRecord<Null?, string>("orders", null, $"{i}"));
            }
        }

        await using (Consumer<string?, string?> consumer = fixture.Consumer())
        {
            consumer.Subscribe("orders");
            Assert.Equal(200, (await EmbeddedFixture.ReadAsync(consumer, 200)).Count);
            await consumer.CommitAsync([new(s_first, new OffsetAndMetadata(195))]).Limit();
        }

        await using Consumer<string?, string?> next = fixture.Consumer();
        next.Subscribe("orders");
        Assert.Equal(["195", "196", "197", "198", "199"], (await EmbeddedFixture.ReadAsync(next, 5)).Select(static record => record.Value));
    }

    [Fact]
    public async Task Background_commits_are_made_and_reported_in_their_order_by_the_next_poll()
    {
        await using Consumer<byte[], string> consumer = await ConsumerOfThreeAsync();
        _cluster.CommitErrors.Enqueue(ErrorCode.CoordinatorNotAvailable);
        var heard = new List<string>();
        for (long offset = 1; offset <= 3; offset++)
        {
            consumer.CommitInBackground(
                [KeyValuePair.Create(s_first, new OffsetAndMetadata(offset))],
                (offsets, failure) => heard.Add($"{offsets[0].Value.Offset} {(failure as KafkaException)?.Error}"));
        }

        Assert.Empty(heard);
        await consumer.PollAsync(TimeSpan.Zero).Limit();
        Assert.Equal(["1 CoordinatorNotAvailable", "2 ", "3 "], heard);
        Assert.Equal(["commit failed:0@1", "commit:0@2", "commit:0@3"], Commits);
    }

    [Fact]
    public async Task The_last_commit_counts_at_the_close_and_every_callback_was_called()
    {
        var heard = new List<long>();
        await using (Consumer<byte[], string> consumer = await ConsumerOfThreeAsync())
        {
            foreach (long offset in new[] { 3, 1 })
            {
                consumer.CommitInBackground([KeyValuePair.Create(s_first, new OffsetAndMetadata(offset))], (offsets, _) => heard.Add(offsets[0].Value.Offset));
            }
        }

        Assert.Equal([3, 1], heard);
        Assert.Equal(1, Assert.Single(_cluster.Committed).Value);
    }

    [Fact]
    public async Task A_callback_may_call_the_consumer_and_a_commit_reports_the_earlier_ones_first()
    {
        await using Consumer<byte[], string> consumer = await ConsumerOfThreeAsync();
        _cluster.CommitErrors.Enqueue(ErrorCode.CoordinatorNotAvailable);
        var heard = new List<string>();
        consumer.CommitInBackground(null, (offsets, failure) =>
        {
            heard.Add(failure is null ? "done" : "failed");
            consumer.CommitInBackground(offsets, (_, again) => heard.Add(again is null ? "done" : "failed"));
        });
        await consumer.CommitAsync([KeyValuePair.Create(s_first, new OffsetAndMetadata(2))]).Limit();
        Assert.Equal(["failed", "done"], heard);
        Assert.Equal(["commit failed:0@3", "commit:0@3", "commit:0@2"], Commits);
    }

    [Fact]
    public async Task The_lag_is_what_follows_the_position_up_to_the_fetched_end()
    {
        await using var fixture = new EmbeddedFixture();
        await using Consumer<string?, string?> consumer = fixture.Consumer(EmbeddedFixture.Earliest() with { MaxPollRecords = 1 });
        await fixture.CreateTopicAsync(1);
        consumer.Assign(s_first);
        Assert.Null(consumer.Lag(s_first));
        await fixture.SendAsync(0, "a", "b", "c");
        for (int lag = 2; lag >= 0; lag--)
        {
            await EmbeddedFixture.ReadAsync(consumer, 1);
            Assert.Equal(lag, consumer.Lag(s_first));
        }

        consumer.Seek(s_first, 1);
        Assert.Equal(2, consumer.Lag(s_first));
    }

    private async Task<Consumer<byte[], string>> ConsumerOfThreeAsync()
    {
        foreach (string value in new[] { "a", "b", "c" })
        {
            _cluster.Append(s_first, null, System.Text.Encoding.UTF8.GetBytes(value));
        }

        var consumer = new Consumer<byte[], string>(_cluster, new ConsumerOptions { GroupId = "billing", AutoOffsetReset = AutoOffsetReset.Earliest, EnableAutoCommit = false });
        consumer.Subscribe("orders");
        Assert.Equal(3, (await consumer.PollAsync(TimeSpan.Zero).Limit()).Count);
        return consumer;
    }
}
