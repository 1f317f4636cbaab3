using System.Collections;
using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Coordination;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;
using Zurau.Testing.Simulation;

namespace Engine.Tests.Topics;

/// <summary>
/// A topic is its id: one that is created with the name of another shares nothing with
/// it.
/// </summary>
public sealed class TopicIdentityTests
{
    private static readonly TopicPartition s_orders = BrokerExtensions.Orders;

    public static TheoryData<string, int> Cuts
    {
        get
        {
            var cuts = new TheoryData<string, int>();
            foreach (DiskProfile profile in DiskProfile.All.Where(static profile => profile.LostFlushRate == 0))
            {
                for (int seed = 0; seed < 10; seed++)
                {
                    cuts.Add(profile.Name, seed);
                }
            }

            return cuts;
        }
    }

    [Fact]
    public async Task Reads_with_the_id_of_a_topic_that_was_deleted_are_refused_not_served_from_its_successor() // F7
    {
        using var storage = new MemoryStorage();
        await using Broker broker = Open(storage);
        broker.CreateTopic(new NewTopic("orders"));
        Guid old = Id(broker);
        Assert.Equal(ErrorCode.None, await FetchAsync(broker, old));
        Assert.Equal(ErrorCode.None, broker.ListOffset(s_orders, ListedOffset.Latest, topicId: old).Error);

        Assert.True((await broker.DeleteTopicAsync("orders")).IsSuccess);
        Assert.Equal(ErrorCode.UnknownTopicId, await FetchAsync(broker, old));
        Assert.Equal(ErrorCode.UnknownTopicId, broker.ListOffset(s_orders, ListedOffset.Latest, topicId: old).Error);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, await FetchAsync(broker, default));

        broker.CreateTopic(new NewTopic("orders"));
        Assert.Equal(ErrorCode.InconsistentTopicId, await FetchAsync(broker, old));
        Assert.Equal(ErrorCode.InconsistentTopicId, broker.ListOffset(s_orders, ListedOffset.Latest, topicId: old).Error);
        Assert.Equal(ErrorCode.None, await FetchAsync(broker, Id(broker)));
    }

    [Fact]
    public async Task A_commit_with_the_id_of_a_topic_that_was_deleted_is_refused()
    {
        using var storage = new MemoryStorage();
        await using Broker broker = Open(storage);
        broker.CreateTopic(new NewTopic("orders"));
        Guid old = Id(broker);
        Assert.Equal(ErrorCode.None, await CommitAsync(broker, 3, old));
        Assert.True((await broker.DeleteTopicAsync("orders")).IsSuccess);
        Assert.Equal(ErrorCode.UnknownTopicId, await CommitAsync(broker, 4, old));
        broker.CreateTopic(new NewTopic("orders"));
        Assert.Equal(ErrorCode.InconsistentTopicId, await CommitAsync(broker, 4, old));
        Assert.Null(broker.Groups.FetchOffsets("billing", [s_orders])[0].Committed);
        Assert.Equal(ErrorCode.None, await CommitAsync(broker, 5, Id(broker)));
        Assert.Equal(new OffsetAndMetadata(5), broker.Groups.FetchOffsets("billing", [s_orders])[0].Committed);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_commit_during_which_its_topic_is_deleted_leaves_no_offset(bool isCreatedAgain) // S6
    {
        using var storage = new MemoryStorage();
        await using (Broker broker = Open(storage))
        {
            broker.CreateTopic(new NewTopic("orders", 2));
            Assert.Equal(ErrorCode.None, await CommitAsync(broker, 1, default));
            var offsets = new Interrupted(
                () =>
                {
                    Assert.True(broker.DeleteTopicAsync("orders").AsTask().Result.IsSuccess);
                    Assert.True(!isCreatedAgain || broker.CreateTopic(new NewTopic("orders", 2)).IsSuccess);
                },
                KeyValuePair.Create(s_orders, new OffsetAndMetadata(7)),
                KeyValuePair.Create(s_orders with { Partition = 5 }, new OffsetAndMetadata(7)));
            IReadOnlyList<PartitionResult> answers = await broker.Groups.CommitOffsetsAsync("billing", "", -1, offsets);
            Assert.All(answers, static answer => Assert.Equal(ErrorCode.UnknownTopicOrPartition, answer.Error));
            Assert.Empty(broker.Groups.FetchOffsets("billing", null));
            _ = broker.CreateTopic(new NewTopic("orders", 2));
        }

        await using Broker reopened = Open(storage);
        Assert.Empty(reopened.Groups.FetchOffsets("billing", null));
    }

    [Theory]
    [MemberData(nameof(Cuts))]
    public void A_topic_created_again_has_none_of_its_predecessor_s_offsets_after_a_power_cut(string profile, int seed) // S6
    {
        using var disk = new SimDisk(new SimRandom((ulong)seed), DiskProfile.All.Single(candidate => candidate.Name == profile) with { KeptFileRate = 0 });
        using var life = new BrokerLife(disk: disk);
        life.Broker.CreateTopic(new NewTopic("orders"));
        Guid old = Id(life.Broker);
        var client = new TransactionalClient(life, "flushes-what-is-committed");
        Assert.Equal(ErrorCode.None, life.Wait(CommitAsync(life.Broker, 50)));
        Assert.Equal(ErrorCode.None, client.Init());
        Assert.Equal(ErrorCode.None, client.SendOffset("other", s_orders, 40));
        Assert.Equal(ErrorCode.None, client.End(isCommit: true));

        Assert.True(life.Wait(life.Broker.DeleteTopicAsync("orders")).IsSuccess);
        Assert.True(life.Broker.CreateTopic(new NewTopic("orders")).IsSuccess);
        for (int i = 0; i < seed; i++)
        {
            disk.Writeback(1);
        }

        life.CutPower();
        TopicDescription topic = Assert.Single(life.Broker.ListTopics(), static topic => !topic.IsInternal);
        Assert.NotEqual(old, topic.TopicId);
        Assert.All((string[])["billing", "other"], group => Assert.Null(life.Broker.Groups.FetchOffsets(group, [s_orders])[0].Committed));
        Assert.Equal(ErrorCode.None, life.Wait(CommitAsync(life.Broker, 3)));
        life.Restart(isClean: true);
        Assert.Equal(3, life.Broker.Groups.FetchOffsets("billing", [s_orders])[0].Committed?.Offset);
    }

    [Fact]
    public async Task An_offset_without_a_topic_id_counts_for_the_topic_that_has_the_name_and_is_written_again_with_its_id()
    {
        using var storage = new MemoryStorage();
        long end;
        await using (Broker broker = Open(storage))
        {
            broker.CreateTopic(new NewTopic("orders"));
            Assert.Equal(ErrorCode.None, await CommitAsync(broker, 1, default)); // Creates the internal topic.
            end = await AppendOldAsync(broker, "orders");
        }

        for (int start = 0; start < 2; start++)
        {
            await using Broker reopened = Open(storage);
            Assert.Equal(new OffsetAndMetadata(10), reopened.Groups.FetchOffsets("billing", [s_orders])[0].Committed);
            Assert.Equal(end + 1, OffsetsLog(reopened).ReadEnd().Offset); // Once, not at each startup.
        }
    }

    [Fact]
    public async Task An_offset_without_a_topic_id_of_a_topic_that_does_not_exist_never_counts_for_a_later_one()
    {
        using var storage = new MemoryStorage();
        await using (Broker broker = Open(storage))
        {
            broker.CreateTopic(new NewTopic("other"));
            await broker.Groups.CommitOffsetsAsync("billing", "", -1, [KeyValuePair.Create(new TopicPartition("other", 0), new OffsetAndMetadata(1))]);
            await AppendOldAsync(broker, "orders");
        }

        for (int start = 0; start < 2; start++)
        {
            await using Broker reopened = Open(storage);
            Assert.Equal(["other-0"], reopened.Groups.FetchOffsets("billing", null).Select(static offset => $"{offset.Partition}"));
            _ = reopened.CreateTopic(new NewTopic("orders"));
        }
    }

    private static Broker Open(IStorage storage) =>
        Broker.Open(new BrokerSettings { Storage = new CheckedStorage(storage), OffsetsTopicNumPartitions = 1 });

    private static Guid Id(Broker broker) => broker.ListTopics().Single(static topic => topic.Name == "orders").TopicId;

    private static PartitionLog OffsetsLog(Broker broker) => broker.FindLog(new TopicPartition("__consumer_offsets", 0))!;

    // A record as the first versions of the engine wrote it: value version 3, offset 10.
    private static async Task<long> AppendOldAsync(Broker broker, string topic)
    {
        byte[] key = OffsetRecords.Key("billing", new TopicPartition(topic, 0));
        byte[] value = Convert.FromHexString("0003000000000000000affffffff00000000018bcfe56800");
        var batch = new RecordBatchBuilder(new byte[BatchLayout.HeaderSize + RecordBatchBuilder.SizeUpperBound(key.Length, value.Length, 1)]);
        batch.Append(1_700_000_000_000, key, isKeyNull: false, value, isValueNull: false);
        Appended appended = OffsetsLog(broker).Append(batch.Build());
        Assert.Equal(ErrorCode.None, appended.Error);
        Assert.Equal(ErrorCode.None, await OffsetsLog(broker).WhenPublished(appended.EndOffset));
        return appended.EndOffset;
    }

    private static async Task<ErrorCode> FetchAsync(Broker broker, Guid topicId)
    {
        using FetchResponse response = await broker.FetchAsync(new FetchRequest { Partitions = [new FetchPartition(s_orders, 0, TopicId: topicId)], MaxWaitMs = 0 });
        return response.Partitions[0].Error;
    }

    private static ValueTask<ErrorCode> CommitAsync(Broker broker, long offset) => new(CommitAsync(broker, offset, default));

    private static async Task<ErrorCode> CommitAsync(Broker broker, long offset, Guid topicId) =>
        (await broker.Groups.CommitOffsetsAsync("billing", "", -1, [KeyValuePair.Create(s_orders, new OffsetAndMetadata(offset) { TopicId = topicId })]))[0].Error;

    /// <summary>
    /// Runs an action when its second element is read for the first time: the first was
    /// processed by then.
    /// </summary>
    private sealed class Interrupted(Action interrupt, params KeyValuePair<TopicPartition, OffsetAndMetadata>[] offsets) : IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>>
    {
        private Action? _interrupt = interrupt;

        public int Count => offsets.Length;

        public KeyValuePair<TopicPartition, OffsetAndMetadata> this[int index]
        {
            get
            {
                if (index == 1)
                {
                    Interlocked.Exchange(ref _interrupt, null)?.Invoke();
                }

                return offsets[index];
            }
        }

        public IEnumerator<KeyValuePair<TopicPartition, OffsetAndMetadata>> GetEnumerator() => offsets.AsEnumerable().GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
