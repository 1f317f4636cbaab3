using Client.Tests.Support;
using Zurau;

namespace Client.Tests.Consuming;

/// <summary>Worked examples of <c>fetch.min.bytes</c>, <c>fetch.max.bytes</c> and <c>max.partition.fetch.bytes</c>.</summary>
public sealed class FetchSizeTests
{
    private static readonly TopicPartition s_first = new("orders", 0);
    private static readonly TopicPartition s_second = new("orders", 1);
    private static readonly string s_bytes400 = new('x', 400);

    [Fact]
    public async Task A_poll_waits_until_fetch_min_bytes_of_1000_are_there()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.CreateTopicAsync(1);
        await using Consumer<string?, string?> consumer = fixture.Consumer(EmbeddedFixture.Earliest() with { FetchMinBytes = 1_000, FetchMaxWaitMs = 500_000 });
        consumer.Assign(s_first);
        Task<IReadOnlyList<ConsumerRecord<string?, string?>>> poll = consumer.PollAsync(Timeout.InfiniteTimeSpan).AsTask();
        await fixture.SendAsync(0, s_bytes400, s_bytes400);
        Assert.False(poll.IsCompleted);
        await fixture.SendAsync(0, s_bytes400);
        Assert.Equal([0, 1, 2], (await poll.Limit()).Select(static record => record.Offset));
    }

    [Fact]
    public async Task Fetch_min_bytes_counts_the_bytes_of_all_partitions()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.CreateTopicAsync(2);
        await using Consumer<string?, string?> consumer = fixture.Consumer(EmbeddedFixture.Earliest() with { FetchMinBytes = 1_000, FetchMaxWaitMs = 500_000 });
        consumer.Assign(s_first, s_second);
        Task<IReadOnlyList<ConsumerRecord<string?, string?>>> poll = consumer.PollAsync(Timeout.InfiniteTimeSpan).AsTask();
        await fixture.SendAsync(0, s_bytes400);
        await fixture.SendAsync(1, s_bytes400);
        Assert.False(poll.IsCompleted);
        await fixture.SendAsync(1, s_bytes400);
        Assert.Equal(3, (await poll.Limit()).Count);
    }

    [Fact]
    public async Task Less_than_fetch_min_bytes_is_returned_when_fetch_max_wait_ms_has_passed()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.SendAsync(0, s_bytes400);
        await using Consumer<string?, string?> consumer = fixture.Consumer(EmbeddedFixture.Earliest() with { FetchMinBytes = 1_000, FetchMaxWaitMs = 20 });
        consumer.Assign(s_first);
        Assert.Single(await consumer.PollAsync(EmbeddedFixture.Soon).Limit());
    }

    [Theory]
    [InlineData(1, 1_048_576, 1)] // One batch a fetch: the partitions alternate.
    [InlineData(52_428_800, 1, 1)] // One batch of each partition: they alternate too, and the first one rotates.
    [InlineData(52_428_800, 1_048_576, 3)] // All batches of a partition, then those of the other one.
    public async Task Partitions_share_what_fetch_max_bytes_and_max_partition_fetch_bytes_allow(int maxBytes, int maxPartitionBytes, int longestRun)
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.CreateTopicAsync(2);
        await fixture.SendAsync(0, "a", "b", "c");
        await fixture.SendAsync(1, "x", "y", "z");
        await using Consumer<string?, string?> consumer = fixture.Consumer(EmbeddedFixture.Earliest() with { FetchMaxBytes = maxBytes, MaxPartitionFetchBytes = maxPartitionBytes });
        consumer.Assign(s_first, s_second);
        List<ConsumerRecord<string?, string?>> records = await EmbeddedFixture.ReadAsync(consumer, 6);
        int longest = 1;
        int run = 1;
        for (int i = 1; i < records.Count; i++)
        {
            run = records[i].Partition == records[i - 1].Partition ? run + 1 : 1;
            longest = Math.Max(longest, run);
        }

        Assert.InRange(longest, longestRun, longestRun == 1 ? 2 : 3);
    }
}
