using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Storage;
using Zurau.Testing.Simulation;

namespace Engine.Tests.Topics;

public sealed class CreatePartitionsTests
{
    private static readonly TopicPartition s_orders = BrokerExtensions.Orders;

    [Fact]
    public async Task New_partitions_take_records_at_once_and_are_there_after_a_restart()
    {
        using var storage = new MemoryStorage();
        await using (Broker broker = Open(storage))
        {
            broker.CreateTopic(new NewTopic("orders", 2) { Configs = new Dictionary<string, string> { ["max.message.bytes"] = "1000" } });
            await broker.AppendAsync(s_orders, Batches.Of("a"), Acks.All);
            Guid id = broker.ListTopics()[0].TopicId;
            Assert.True(broker.CreatePartitions("orders", 4).IsSuccess);
            Assert.Equal((4, id), (broker.ListTopics()[0].Partitions, broker.ListTopics()[0].TopicId));
            Assert.Equal(ErrorCode.None, (await broker.AppendAsync(s_orders with { Partition = 3 }, Batches.Of("b"), Acks.All)).Error);
            Assert.Equal(ErrorCode.MessageTooLarge, (await broker.AppendAsync(s_orders with { Partition = 3 }, Batches.Of(new string('x', 2000)), Acks.All)).Error);
        }

        await using Broker reopened = Open(storage);
        Assert.Equal(4, Assert.Single(reopened.ListTopics()).Partitions);
        Assert.Equal("a", Assert.Single(await reopened.ReadAllAsync(s_orders)).Value);
        Assert.Equal("b", Assert.Single(await reopened.ReadAllAsync(s_orders with { Partition = 3 })).Value);
    }

    [Fact]
    public async Task Requests_are_refused_with_Kafka_s_codes_and_validate_only_changes_nothing()
    {
        using var storage = new MemoryStorage();
        await using Broker broker = Open(storage);
        broker.CreateTopic(new NewTopic("orders", 3));
        await broker.Groups.CommitOffsetsAsync("g", "", -1, [KeyValuePair.Create(s_orders, new OffsetAndMetadata(1))]);
        Assert.Equal((ErrorCode.InvalidPartitions, "Topic 'orders' already has 3 partition(s)."), Result(broker.CreatePartitions("orders", 3)));
        Assert.Equal((ErrorCode.InvalidPartitions, "Topic 'orders' currently has 3 partition(s); 2 would not be an increase."), Result(broker.CreatePartitions("orders", 2)));
        Assert.Equal(ErrorCode.InvalidPartitions, broker.CreatePartitions("orders", -1).Error);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, broker.CreatePartitions("nowhere", 3).Error);
        Assert.Equal(ErrorCode.InvalidTopicException, broker.CreatePartitions("__consumer_offsets", 100).Error);
        Assert.Equal(ErrorCode.InvalidPartitions, broker.CreatePartitions("orders", 3, validateOnly: true).Error);
        Assert.True(broker.CreatePartitions("orders", 5, validateOnly: true).IsSuccess);
        Assert.Equal(3, broker.ListTopics().Single(static topic => topic.Name == "orders").Partitions);
        static (ErrorCode, string?) Result(ErrorResult result) => (result.Error, result.Message);
    }

    [Theory]
    [MemberData(nameof(TopicDeletionTests.Honest), MemberType = typeof(TopicDeletionTests))]
    public void A_power_cut_at_any_step_leaves_the_old_or_the_new_number_of_partitions(string profile)
    {
        bool isDead = true;
        for (int crash = 1; isDead; crash++)
        {
            using var disk = new SimDisk(new SimRandom((ulong)crash), DiskProfile.All.Single(candidate => candidate.Name == profile));
            using var life = new BrokerLife(disk: disk);
            Assert.True(life.Broker.CreateTopic(new NewTopic("orders", 2)).IsSuccess);
            Assert.Equal(ErrorCode.None, life.Wait(life.Broker.AppendAsync(s_orders, Batches.Of("a"), Acks.All)).Error);
            bool isAnswered = false;
            bool isTaken = false;
            isDead = TopicDeletionTests.CutPowerAt(disk, crash, () =>
            {
                isAnswered = life.Broker.CreatePartitions("orders", 4).IsSuccess;
                isTaken = life.Wait(life.Broker.AppendAsync(s_orders with { Partition = 3 }, Batches.Of("b"), Acks.All)).Error == ErrorCode.None;
            });
            life.CutPower();
            int partitions = Assert.Single(life.Broker.ListTopics()).Partitions;
            Assert.True(partitions == 4 || (partitions == 2 && !isAnswered), $"crash {crash}: {partitions} partitions, answered: {isAnswered}");
            Assert.Equal(["a"], life.Read(s_orders, IsolationLevel.ReadUncommitted));
            if (isTaken)
            {
                Assert.Equal(["b"], life.Read(s_orders with { Partition = 3 }, IsolationLevel.ReadUncommitted));
            }

            Assert.True(partitions == 4 || life.Broker.CreatePartitions("orders", 4).IsSuccess);
            Assert.Equal(ErrorCode.None, life.Wait(life.Broker.AppendAsync(s_orders with { Partition = 2 }, Batches.Of("c"), Acks.All)).Error);
        }
    }

    private static Broker Open(IStorage storage) => Broker.Open(new BrokerSettings { Storage = new CheckedStorage(storage) });
}
