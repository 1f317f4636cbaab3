using System.Reflection;
using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Engine.Tests;

/// <summary>
/// A closed broker returns an error and does not access its directory, which another
/// broker may have acquired.
/// </summary>
public sealed class ClosedBrokerTests // S10
{
    private static readonly TopicPartition s_orders = BrokerExtensions.Orders;
    private static readonly KeyValuePair<TopicPartition, OffsetAndMetadata>[] s_offsets = [KeyValuePair.Create(s_orders, new OffsetAndMetadata(1))];

    // Every public operation by its name, with what it answers; null for those that only read memory.
    private static readonly Dictionary<string, Func<Broker, Task<ErrorCode?>>> s_operations = new()
    {
        [nameof(Broker.AppendAsync)] = static async broker => (await broker.AppendAsync(s_orders, Batches.Of("late"), Acks.All)).Error,
        [nameof(Broker.FetchAsync)] = static async broker =>
        {
            using FetchResponse response = await broker.FetchAsync(new FetchRequest { Partitions = [new FetchPartition(s_orders, 0)] });
            return response.Partitions[0].Error;
        },
        [nameof(Broker.ListOffsets)] = static broker => Now(broker.ListOffsets(s_orders, out _, out _).Error),
        [nameof(Broker.ListOffset)] = static broker => Now(broker.ListOffset(s_orders, ListedOffset.Latest).Error),
        [nameof(Broker.OffsetForLeaderEpoch)] = static broker => Now(broker.OffsetForLeaderEpoch(s_orders, 0).Error),
        [nameof(Broker.DeleteRecords)] = static broker => Now(broker.DeleteRecords(s_orders, -1).Error),
        [nameof(Broker.CreateTopic)] = static broker => Now(broker.CreateTopic(new NewTopic("late")).Error),
        [nameof(Broker.CreateTopics)] = static broker => Now(broker.CreateTopics([new NewTopic("later")])[0].Error),
        [nameof(Broker.CreatePartitions)] = static broker => Now(broker.CreatePartitions("orders", 9).Error),
        [nameof(Broker.AlterTopicConfigs)] = static broker => Now(broker.AlterTopicConfigs("orders", [new ConfigChange("retention.ms", "1")]).Error),
        [nameof(Broker.DescribeTopicConfigs)] = static broker => Now(broker.DescribeTopicConfigs("orders", out _).Error),
        [nameof(Broker.DeleteTopicAsync)] = static async broker => (await broker.DeleteTopicAsync("orders")).Error,
        [nameof(Broker.DescribeTopic)] = static broker => Now(broker.DescribeTopic("late", autoCreate: true, out _).Error),
        [nameof(Broker.ListTopics)] = static broker => Read(broker.ListTopics()),
        [nameof(BrokerGroups.Join)] = static broker => Now(broker.Groups.Join("late", "me").Error),
        [nameof(BrokerGroups.Leave)] = static broker => Now(broker.Groups.Leave("late", "me")),
        [nameof(BrokerGroups.JoinAsync)] = static async broker => (await broker.Groups.JoinAsync(GroupRig.Request())).Error,
        [nameof(BrokerGroups.SyncAsync)] = static async broker => (await broker.Groups.SyncAsync(new SyncGroupRequest { GroupId = "late", MemberId = "me", GenerationId = 1 })).Error,
        [nameof(BrokerGroups.Heartbeat)] = static broker => Now(broker.Groups.Heartbeat("late", "me", 1)),
        ["Groups." + nameof(BrokerGroups.List)] = static broker => Read(broker.Groups.List()),
        ["Groups." + nameof(BrokerGroups.Describe)] = static broker => Read(broker.Groups.Describe("late")),
        [nameof(BrokerGroups.DeleteAsync)] = static async broker => await broker.Groups.DeleteAsync("billing"),
        [nameof(BrokerGroups.DeleteOffsetsAsync)] = static async broker => (await broker.Groups.DeleteOffsetsAsync("billing", [s_orders]))[0].Error,
        ["Groups." + nameof(BrokerGroups.CommitOffsetsAsync)] = static async broker => (await broker.Groups.CommitOffsetsAsync("late", "", -1, s_offsets))[0].Error,
        [nameof(BrokerGroups.FetchOffsets)] = static broker => Now(broker.Groups.FetchOffsets("billing", [s_orders])[0].Error),
        [nameof(Broker.InitProducerId)] = static broker => Now(broker.InitProducerId().Error),
        [nameof(Broker.DisposeAsync)] = static async broker =>
        {
            await broker.DisposeAsync();
            return null;
        },
        [nameof(BrokerTransactions.InitProducerIdAsync)] = static async broker => (await broker.Transactions.InitProducerIdAsync("late", 1000)).Error,
        [nameof(BrokerTransactions.AddPartitionsAsync)] = static async broker => await broker.Transactions.AddPartitionsAsync("id", 0, 0, [s_orders], TransactionVersion.V1),
        [nameof(BrokerTransactions.AddEachPartitionAsync)] = static async broker => (await broker.Transactions.AddEachPartitionAsync("id", 0, 0, [s_orders], TransactionVersion.V1))[0].Error,
        [nameof(BrokerTransactions.AddOffsetsAsync)] = static async broker => await broker.Transactions.AddOffsetsAsync("id", 0, 0, "late", TransactionVersion.V1),
        ["Transactions." + nameof(BrokerTransactions.AppendAsync)] = static async broker =>
            (await broker.Transactions.AppendAsync("id", s_orders, Batches.OfProducer(0, 0, 0, isTransactional: true), Acks.All)).Error,
        ["Transactions." + nameof(BrokerTransactions.CommitOffsetsAsync)] = static async broker =>
            (await broker.Transactions.CommitOffsetsAsync("id", 0, 0, "late", "", -1, s_offsets, TransactionVersion.V1))[0].Error,
        [nameof(BrokerTransactions.EndAsync)] = static async broker => (await broker.Transactions.EndAsync("id", 0, 0, true, TransactionVersion.V1)).Error,
        [nameof(BrokerTransactions.AbortAsync)] = static async broker => (await broker.Transactions.AbortAsync(s_orders, 0, 0, 0)).Error,
        [nameof(BrokerTransactions.List)] = static broker => Read(broker.Transactions.List()),
        [nameof(BrokerTransactions.Describe)] = static broker => Read(broker.Transactions.Describe("id")),
        [nameof(BrokerTransactions.DescribeProducers)] = static broker => Read(broker.Transactions.DescribeProducers(s_orders)),
    };

    public static TheoryData<string> Operations => [.. s_operations.Keys];

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task After_its_end_a_broker_answers_that_it_is_closed_and_touches_no_file(string operation)
    {
        using var memory = new MemoryStorage();
        var storage = new FaultyStorage(memory);
        Broker broker = Broker.Open(new BrokerSettings { Storage = storage });
        broker.CreateTopic(new NewTopic("orders"));
        await broker.AppendAsync(s_orders, Batches.Of("kept"), Acks.All);
        await broker.Groups.CommitOffsetsAsync("billing", "", -1, s_offsets);
        await broker.DisposeAsync();

        // Another broker has acquired the directory.
        await using Broker other = Broker.Open(new BrokerSettings { Storage = memory });
        string touched = "";
        storage.Renaming = path => touched += path;
        (int writes, int flushes) = (storage.Writes, storage.Flushes);
        ErrorCode? answer = await s_operations[operation](broker).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal((writes, flushes, ""), (storage.Writes, storage.Flushes, touched));
        Assert.True(answer is null or ErrorCode.BrokerNotAvailable, $"{operation} answers {answer}.");
        Assert.Equal(["__consumer_offsets", "orders"], other.ListTopics().Select(static topic => topic.Name));
    }

    [Fact]
    public void The_operations_of_this_test_are_all_that_there_are()
    {
        static IEnumerable<string> Names(Type type) => type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            .Where(static method => !method.IsSpecialName).Select(static method => method.Name).Distinct();
        string[] names = [.. Names(typeof(Broker)), .. Names(typeof(BrokerGroups)), .. Names(typeof(BrokerTransactions))];
        Assert.Equal([], names.Except(s_operations.Keys.Select(static name => name.Split('.')[^1])));
        Assert.Contains("Transactions." + nameof(BrokerTransactions.AppendAsync), s_operations.Keys);
    }

    private static Task<ErrorCode?> Now(ErrorCode error) => Task.FromResult<ErrorCode?>(error);

    private static Task<ErrorCode?> Read(object? read)
    {
        GC.KeepAlive(read);
        return Task.FromResult<ErrorCode?>(null);
    }
}
