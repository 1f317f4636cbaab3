using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;
using Zurau.Testing.Simulation;

namespace Engine.Tests.Coordination;

/// <summary>
/// A write of several records to an internal topic is split by the topic's
/// max.message.bytes.
/// </summary>
public sealed class InternalWriteTests
{
    private const int Partitions = 30;
    private const int MaxMessageBytes = 2500;
    private static readonly TopicPartition[] s_partitions = [.. Enumerable.Range(0, Partitions).Select(static i => BrokerExtensions.Orders with { Partition = i })];

    [Fact]
    public async Task A_commit_larger_than_a_batch_may_be_is_taken_and_so_is_the_deletion_of_its_topic() // S6
    {
        using var memory = new MemoryStorage();
        var storage = new FaultyStorage(memory);
        await using (Broker broker = Open(storage))
        {
            broker.CreateTopic(new NewTopic("orders", Partitions));
            await LimitAsync(broker);
            IReadOnlyList<PartitionResult> answers = await broker.Groups.CommitOffsetsAsync("billing", "", -1, Offsets(7));
            Assert.All(answers, static answer => Assert.Equal(ErrorCode.None, answer.Error));
            Assert.Equal(Partitions, broker.Groups.FetchOffsets("billing", null).Count);
            PartitionLog log = broker.FindLog(new TopicPartition("__consumer_offsets", 0))!;
            long before = log.Flusher.DurableEnd;
            Assert.True((await broker.DeleteTopicAsync("orders")).IsSuccess);
            Assert.True(log.Flusher.DurableEnd > before && log.Flusher.DurableEnd == log.ReadEnd().Offset);
            Assert.Empty(broker.Groups.FetchOffsets("billing", null));
        }

        await using Broker reopened = Open(storage);
        Assert.Empty(reopened.Groups.FetchOffsets("billing", null));
    }

    [Fact]
    public async Task A_deletion_whose_tombstones_cannot_be_flushed_is_answered_with_an_error_and_the_offsets_do_not_come_back() // S6
    {
        using var memory = new MemoryStorage();
        var storage = new FaultyStorage(memory);
        Broker broker = Open(storage);
        broker.CreateTopic(new NewTopic("orders", Partitions));
        await broker.Groups.CommitOffsetsAsync("billing", "", -1, Offsets(7));
        Assert.Equal(ErrorCode.None, broker.FindLog(new TopicPartition("__consumer_offsets", 0))!.Flusher.FlushNow().IsOk ? ErrorCode.None : ErrorCode.KafkaStorageError);
        storage.FlushOf = static path => path.StartsWith("__consumer_offsets", StringComparison.Ordinal) ? IoResult.DeviceError : IoResult.Ok;
        ErrorResult result = await broker.DeleteTopicAsync("orders");
        Assert.Equal(ErrorCode.KafkaStorageError, result.Error);
        Assert.Contains("'orders' is deleted", result.Message);
        storage.FlushOf = null;
        await broker.DisposeAsync();
        await using Broker reopened = Open(storage);
        reopened.CreateTopic(new NewTopic("orders", Partitions));
        Assert.Empty(reopened.Groups.FetchOffsets("billing", null));
    }

    [Fact]
    public void A_group_that_is_set_back_in_more_partitions_than_a_batch_holds_does_not_keep_the_engine_from_starting() // S7
    {
        using var disk = new SimDisk(new SimRandom(7), DiskProfile.Ideal with { KeptFileRate = 0 });
        using var life = new BrokerLife(disk: disk);
        life.Broker.CreateTopic(new NewTopic("orders", Partitions));
        foreach (TopicPartition partition in s_partitions)
        {
            Assert.Equal(ErrorCode.None, life.Wait(life.Broker.AppendAsync(partition, Batches.Of("kept"), Acks.All)).Error);
            Assert.Equal(ErrorCode.None, life.Wait(life.Broker.AppendAsync(partition, Batches.Of("lost"), Acks.Leader)).Error);
        }

        foreach (TopicPartition partition in s_partitions)
        {
            life.Wait(life.Broker.Groups.CommitOffsetsAsync("billing", "", -1, [Offset(partition, 2)]));
        }

        Assert.True(life.Broker.AlterTopicConfigs("__consumer_offsets", [new ConfigChange("max.message.bytes", $"{MaxMessageBytes}")]).IsSuccess);
        var client = new TransactionalClient(life, "flushes-what-is-committed");
        Assert.Equal(ErrorCode.None, client.Init());
        Assert.Equal(ErrorCode.None, client.SendOffset("billing", s_partitions[0], 2));
        Assert.Equal(ErrorCode.None, client.End(isCommit: true));

        life.CutPower();
        (long? Committed, long End)[] after =
            [.. s_partitions.Select(partition => (life.Broker.Groups.FetchOffsets("billing", [partition])[0].Committed?.Offset, life.Broker.ListOffset(partition, ListedOffset.Latest).Offset))];
        Assert.All(after, static one => Assert.Equal(one.End, one.Committed));
        Assert.True(after.Count(static one => one.End == 1) > 10); // Of which a batch holds five.
    }

    private static Broker Open(IStorage storage) =>
        Broker.Open(new BrokerSettings { Storage = new CheckedStorage(storage), OffsetsTopicNumPartitions = 1 });

    private static async Task LimitAsync(Broker broker)
    {
        await broker.Groups.CommitOffsetsAsync("first", "", -1, [Offset(s_partitions[0], 1)]);
        Assert.True(broker.AlterTopicConfigs("__consumer_offsets", [new ConfigChange("max.message.bytes", $"{MaxMessageBytes}")]).IsSuccess);
        await broker.Groups.CommitOffsetsAsync("first", "", -1, [Offset(s_partitions[0], 1)]);
    }

    private static KeyValuePair<TopicPartition, OffsetAndMetadata>[] Offsets(long offset) => [.. s_partitions.Select(partition => Offset(partition, offset))];

    private static KeyValuePair<TopicPartition, OffsetAndMetadata> Offset(TopicPartition partition, long offset) =>
        KeyValuePair.Create(partition, new OffsetAndMetadata(offset, new string('m', 400)));
}
