using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>
/// DeleteRecords moves a log's start, also into a batch, and the start stays moved.
/// </summary>
public sealed class DeleteRecordsTests : IDisposable
{
    private readonly MemoryStorage _storage = new();
    private readonly SteppedTime _time = new();
    private readonly SteppedPump _pump;

    public DeleteRecordsTests() => _pump = new SteppedPump(_time);

    [Fact]
    public async Task A_start_in_the_middle_of_a_batch_is_read_from_there_also_after_a_restart() // L9
    {
        await using (Broker broker = Open())
        {
            Create(broker);
            await broker.AppendAsync(BrokerExtensions.Orders, Batches.Of("0", "1", "2", "3", "4"), Acks.Leader);
            Assert.True(broker.DeleteRecords(BrokerExtensions.Orders, 3).IsSuccess);
            Assert.Equal(["3", "4"], (await broker.ReadAllAsync(BrokerExtensions.Orders, 3)).Select(static record => record.Value));
            using FetchResponse before = await broker.FetchAsync(new FetchRequest { Partitions = [new FetchPartition(BrokerExtensions.Orders, 2)], MaxWaitMs = 0 });
            Assert.Equal(ErrorCode.OffsetOutOfRange, before.Partitions[0].Error);
        }

        foreach (bool isClean in new[] { true, false })
        {
            if (!isClean)
            {
                _storage.Delete(".kafka_cleanshutdown");
            }

            await using Broker reopened = Open();
            Assert.True(reopened.ListOffsets(BrokerExtensions.Orders, out long start, out long end).IsSuccess);
            Assert.Equal((3, 5), (start, end));
            Assert.Equal(["3", "4"], (await reopened.ReadAllAsync(BrokerExtensions.Orders, 3)).Select(static record => record.Value));
            Assert.Equal(3, reopened.ListOffset(BrokerExtensions.Orders, 0).Offset);
        }
    }

    [Fact]
    public async Task A_topic_that_is_only_compacted_and_an_internal_one_refuse_it_with_Kafka_s_codes()
    {
        await using Broker broker = Open();
        Create(broker);
        await broker.AppendAsync(BrokerExtensions.Orders, Batches.Of("0", "1"), Acks.Leader);
        Assert.True(broker.AlterTopicConfigs("orders", [new ConfigChange("cleanup.policy", "compact")]).IsSuccess);
        ErrorResult refused = broker.DeleteRecords(BrokerExtensions.Orders, 1);
        Assert.Equal(ErrorCode.PolicyViolation, refused.Error);
        Assert.StartsWith("Records of partition orders-0 can not be deleted due to the configured policy", refused.Message, StringComparison.Ordinal);
        Assert.True(broker.AlterTopicConfigs("orders", [new ConfigChange("cleanup.policy", "delete", ConfigOperation.Append)]).IsSuccess);
        Assert.True(broker.DeleteRecords(BrokerExtensions.Orders, 1).IsSuccess);

        var offsets = new TopicPartition("__consumer_offsets", 0);
        await broker.Groups.CommitOffsetsAsync("billing", "", -1, [KeyValuePair.Create(BrokerExtensions.Orders, new OffsetAndMetadata(1))]);
        Assert.Equal(ErrorCode.InvalidTopicException, broker.DeleteRecords(offsets, 0).Error);
    }

    [Fact]
    public async Task Segments_below_the_start_go_at_the_next_check()
    {
        await using Broker broker = Open();
        Create(broker, segmentBytes: 200);
        for (int i = 0; i < 10; i++)
        {
            await broker.AppendAsync(BrokerExtensions.Orders, Batches.Of($"{i}a", $"{i}b"), Acks.Leader);
        }

        long[] before = Segments();
        Assert.True(before.Length > 4);
        long middle = before[2] + 1;
        Assert.True(broker.DeleteRecords(BrokerExtensions.Orders, middle).IsSuccess);
        Assert.Equal(before, Segments());
        _pump.Advance(1000);
        Assert.Equal(before[2..], Segments());
        Assert.Equal(middle, (await broker.ReadAllAsync(BrokerExtensions.Orders, middle))[0].Offset);
    }

    [Fact]
    public async Task Minus_one_means_the_end_and_an_offset_above_it_is_out_of_range()
    {
        await using Broker broker = Open();
        Create(broker);
        await broker.AppendAsync(BrokerExtensions.Orders, Batches.Of("a", "b"), Acks.Leader);
        Assert.Equal(ErrorCode.OffsetOutOfRange, broker.DeleteRecords(BrokerExtensions.Orders, 3).Error);
        Assert.Equal(ErrorCode.OffsetOutOfRange, broker.DeleteRecords(BrokerExtensions.Orders, -2).Error);
        Assert.True(broker.DeleteRecords(BrokerExtensions.Orders, -1).IsSuccess);
        Assert.True(broker.DeleteRecords(BrokerExtensions.Orders, 1).IsSuccess);
        Assert.True(broker.ListOffsets(BrokerExtensions.Orders, out long start, out long end).IsSuccess);
        Assert.Equal((2, 2), (start, end));
    }

    [Fact]
    public async Task A_topic_made_again_begins_at_nothing_also_when_a_crash_comes_before_the_next_checkpoint() // L14
    {
        Broker broker = Open();
        Create(broker);
        await broker.AppendAsync(BrokerExtensions.Orders, Batches.WithProducer(Batches.Of("0", "1", "2", "3"), producerId: 9, epoch: 3, sequence: 0), Acks.Leader);
        Assert.True(broker.DeleteRecords(BrokerExtensions.Orders, 3).IsSuccess);
        Assert.True((await broker.DeleteTopicAsync("orders")).IsSuccess);
        Create(broker);
        await broker.AppendAsync(BrokerExtensions.Orders, Batches.Of("new", "newer"), Acks.Leader);

        // Killed: what was written is in the page cache, nothing else is.
        await using Broker reopened = Open();
        Assert.True(reopened.ListOffsets(BrokerExtensions.Orders, out long start, out long end).IsSuccess);
        Assert.Equal((0, 2), (start, end));
        Assert.Equal(["new", "newer"], (await reopened.ReadAllAsync(BrokerExtensions.Orders)).Select(static record => record.Value));
        Assert.Empty(OffsetCheckpoint.Read(_storage, "log-start-offset-checkpoint"));
        _storage.List("orders-0", out IReadOnlyList<string> names);
        Assert.DoesNotContain(names, static name => name.EndsWith(".snapshot", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_deletion_that_a_start_had_to_finish_leaves_no_offsets_for_a_topic_of_that_name() // L14
    {
        Broker broker = Open();
        Create(broker);
        await broker.AppendAsync(BrokerExtensions.Orders, Batches.Of("0", "1", "2", "3"), Acks.Leader);
        Assert.True(broker.DeleteRecords(BrokerExtensions.Orders, 3).IsSuccess);
        Guid id = broker.ListTopics()[0].TopicId;
        _storage.Rename("orders-0", $"orders-0.{id:N}-delete");

        Broker second = Open();
        Create(second);
        await second.AppendAsync(BrokerExtensions.Orders, Batches.Of("new", "newer"), Acks.Leader);
        await using Broker third = Open();
        Assert.Equal(["new", "newer"], (await third.ReadAllAsync(BrokerExtensions.Orders)).Select(static record => record.Value));
    }

    public void Dispose() => _storage.Dispose();

    private Broker Open() => Broker.Open(new BrokerSettings { Storage = _storage, TimeProvider = _time, DutyPump = _pump, LogRetentionCheckIntervalMs = 1000 });

    private static void Create(Broker broker, int segmentBytes = 1 << 20) => Assert.True(broker.CreateTopic(new NewTopic("orders", 1)
    {
        Configs = new Dictionary<string, string> { ["segment.bytes"] = $"{segmentBytes}", ["retention.ms"] = "-1" },
    }).IsSuccess);

    private long[] Segments()
    {
        _storage.List("orders-0", out IReadOnlyList<string> names);
        return [.. names.Select(static name => LogFiles.TryParseSegment(name, out long offset) ? offset : -1).Where(static offset => offset >= 0)];
    }
}
