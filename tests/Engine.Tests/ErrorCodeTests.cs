using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Storage;

namespace Engine.Tests;

/// <summary>
/// Requests that a broker refuses, with Kafka's codes. Batches that a log refuses are
/// in <c>BatchValidatorTests</c>.
/// </summary>
public sealed class ErrorCodeTests
{
    private static readonly TopicPartition s_orders = BrokerExtensions.Orders;
    private static readonly TopicPartition s_seventh = new("orders", 7);
    private static readonly TopicPartition s_internal = new("__consumer_offsets", 0);

    private static readonly Dictionary<string, Func<Broker, ValueTask<ErrorCode>>> s_requests = new()
    {
        ["append with acks=2"] = static broker => AppendAsync(broker, s_orders, (Acks)2),
        ["append to an internal topic"] = static broker => AppendAsync(broker, s_internal),
        ["append to an unknown topic"] = static broker => AppendAsync(broker, new TopicPartition("nothing", 0)),
        ["append to an unknown partition"] = static broker => AppendAsync(broker, s_seventh),
        ["append to a negative partition"] = static broker => AppendAsync(broker, new TopicPartition("orders", -1)),
        ["append of nothing"] = static async broker => (await broker.AppendAsync(s_orders, default(ReadOnlyMemory<byte>), Acks.Leader)).Error,
        ["append without a key to a compacted topic"] = static broker => AppendAsync(broker, new TopicPartition("compacted", 0)),
        ["fetch of an unknown partition"] = static broker => FetchAsync(broker, s_seventh, 0),
        ["fetch before the start"] = static broker => FetchAsync(broker, s_orders, 0),
        ["fetch after the end"] = static broker => FetchAsync(broker, s_orders, 3),
        ["fetch at the end"] = static broker => FetchAsync(broker, s_orders, 2),
        ["end of an unknown partition"] = static broker => Now(broker.ListOffsets(s_seventh, out _, out _).Error),
        ["offset by time of an unknown partition"] = static broker => Now(broker.ListOffset(s_seventh, 0).Error),
        ["epoch of an unknown partition"] = static broker => Now(broker.OffsetForLeaderEpoch(s_seventh, 0).Error),
        ["delete records of an unknown partition"] = static broker => Now(broker.DeleteRecords(s_seventh, 1).Error),
        ["delete records after the end"] = static broker => Now(broker.DeleteRecords(s_orders, 3).Error),
        ["delete records before -2"] = static broker => Now(broker.DeleteRecords(s_orders, -2).Error),
        ["delete records of a compacted topic"] = static broker => Now(broker.DeleteRecords(new TopicPartition("compacted", 0), 0).Error),
        ["create an internal topic"] = static broker => Now(broker.CreateTopic(new NewTopic("__consumer_offsets")).Error),
        ["create a topic that exists"] = static broker => Now(broker.CreateTopic(new NewTopic("orders")).Error),
        ["create a topic with an unknown setting"] = static broker => Now(broker.CreateTopic(Configured("retention.mz", "1")).Error),
        ["create a topic with a wrong value"] = static broker => Now(broker.CreateTopic(Configured("retention.ms", "-2")).Error),
        ["delete an unknown topic"] = static async broker => (await broker.DeleteTopicAsync("nothing")).Error,
        ["describe an unknown topic"] = static broker => Now(broker.DescribeTopic("nothing", autoCreate: false, out _).Error),
        ["describe a topic by a bad name"] = static broker => Now(broker.DescribeTopic("not a name", autoCreate: true, out _).Error),
        ["settings of an unknown topic"] = static broker => Now(broker.DescribeTopicConfigs("nothing", out _).Error),
        ["change settings of an unknown topic"] = static broker => Now(broker.AlterTopicConfigs("nothing", [new ConfigChange("retention.ms", "1")]).Error),
        ["change an unknown setting"] = static broker => Alter(broker, new ConfigChange("retention.mz", "1")),
        ["change a setting to a wrong value"] = static broker => Alter(broker, new ConfigChange("cleanup.policy", "shred")),
        ["change a setting to null"] = static broker => Alter(broker, new ConfigChange("retention.ms", null)),
        ["change a setting twice"] = static broker => Alter(broker, new ConfigChange("retention.ms", "1"), new ConfigChange("retention.ms", "2")),
        ["append to a setting that is not a list"] = static broker => Alter(broker, new ConfigChange("retention.ms", "1", ConfigOperation.Append)),
        ["fewer partitions"] = static broker => Now(broker.CreatePartitions("orders", 0).Error),
        ["partitions of an unknown topic"] = static broker => Now(broker.CreatePartitions("nothing", 2).Error),
        ["join a group without an id"] = static broker => Now(broker.Groups.Join("", "client").Error),
        ["join a group whose id is too long"] = static broker => Now(broker.Groups.Join(new string('g', short.MaxValue + 1), "client").Error),
        ["join a group that has a member"] = static broker => Now(broker.Groups.Join("joined", "client").Error),
        ["leave an unknown group"] = static broker => Now(broker.Groups.Leave("nothing", "member")),
        ["leave a group as another member"] = static broker => Now(broker.Groups.Leave("joined", "member")),
        ["commit of a group without an id"] = static broker => CommitAsync(broker, "", "", -1),
        ["commit to an unknown group with a generation"] = static broker => CommitAsync(broker, "nothing", "", 1),
        ["commit beside a member"] = static broker => CommitAsync(broker, "joined", "", -1),
        ["commit as another member"] = static broker => CommitAsync(broker, "joined", "member", 1),
        ["commit for an unknown partition"] = static broker => CommitAsync(broker, "other", "", -1, s_seventh),
        ["commit with too much metadata"] = static broker => CommitAsync(broker, "other", "", -1, offset: new OffsetAndMetadata(1, new string('m', 4097))),
        ["commit of a negative offset"] = static broker => CommitAsync(broker, "other", "", -1, offset: new OffsetAndMetadata(-1)),
    };

    public static TheoryData<string, ErrorCode> Refused => new()
    {
        { "append with acks=2", ErrorCode.InvalidRequiredAcks },
        { "append to an internal topic", ErrorCode.InvalidTopicException },
        { "append to an unknown topic", ErrorCode.UnknownTopicOrPartition },
        { "append to an unknown partition", ErrorCode.UnknownTopicOrPartition },
        { "append to a negative partition", ErrorCode.UnknownTopicOrPartition },
        { "append of nothing", ErrorCode.InvalidRecord },
        { "append without a key to a compacted topic", ErrorCode.InvalidRecord },
        { "fetch of an unknown partition", ErrorCode.UnknownTopicOrPartition },
        { "fetch before the start", ErrorCode.OffsetOutOfRange },
        { "fetch after the end", ErrorCode.OffsetOutOfRange },
        { "fetch at the end", ErrorCode.None },
        { "end of an unknown partition", ErrorCode.UnknownTopicOrPartition },
        { "offset by time of an unknown partition", ErrorCode.UnknownTopicOrPartition },
        { "epoch of an unknown partition", ErrorCode.UnknownTopicOrPartition },
        { "delete records of an unknown partition", ErrorCode.UnknownTopicOrPartition },
        { "delete records after the end", ErrorCode.OffsetOutOfRange },
        { "delete records before -2", ErrorCode.OffsetOutOfRange },
        { "delete records of a compacted topic", ErrorCode.PolicyViolation },
        { "create an internal topic", ErrorCode.InvalidTopicException },
        { "create a topic that exists", ErrorCode.TopicAlreadyExists },
        { "create a topic with an unknown setting", ErrorCode.InvalidConfig },
        { "create a topic with a wrong value", ErrorCode.InvalidConfig },
        { "delete an unknown topic", ErrorCode.UnknownTopicOrPartition },
        { "describe an unknown topic", ErrorCode.UnknownTopicOrPartition },
        { "describe a topic by a bad name", ErrorCode.InvalidTopicException },
        { "settings of an unknown topic", ErrorCode.UnknownTopicOrPartition },
        { "change settings of an unknown topic", ErrorCode.UnknownTopicOrPartition },
        { "change an unknown setting", ErrorCode.InvalidConfig },
        { "change a setting to a wrong value", ErrorCode.InvalidConfig },
        { "change a setting to null", ErrorCode.InvalidRequest },
        { "change a setting twice", ErrorCode.InvalidRequest },
        { "append to a setting that is not a list", ErrorCode.InvalidConfig },
        { "fewer partitions", ErrorCode.InvalidPartitions },
        { "partitions of an unknown topic", ErrorCode.UnknownTopicOrPartition },
        { "join a group without an id", ErrorCode.InvalidGroupId },
        { "join a group whose id is too long", ErrorCode.InvalidGroupId },
        { "join a group that has a member", ErrorCode.GroupMaxSizeReached },
        { "leave an unknown group", ErrorCode.UnknownMemberId },
        { "leave a group as another member", ErrorCode.UnknownMemberId },
        { "commit of a group without an id", ErrorCode.InvalidGroupId },
        { "commit to an unknown group with a generation", ErrorCode.IllegalGeneration },
        { "commit beside a member", ErrorCode.UnknownMemberId },
        { "commit as another member", ErrorCode.UnknownMemberId },
        { "commit for an unknown partition", ErrorCode.UnknownTopicOrPartition },
        { "commit with too much metadata", ErrorCode.OffsetMetadataTooLarge },
        { "commit of a negative offset", ErrorCode.InvalidCommitOffsetSize }, // Kafka stores it; its clients refuse it.
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task A_request_that_Kafka_refuses_is_refused_with_its_code(string request, ErrorCode expected)
    {
        using var storage = new MemoryStorage();
        await using Broker broker = Broker.Open(new BrokerSettings { Storage = storage });
        Assert.True(broker.CreateTopic(new NewTopic("orders")).IsSuccess);
        Assert.True(broker.CreateTopic(Configured("cleanup.policy", "compact") with { Name = "compacted" }).IsSuccess);
        Assert.Equal(ErrorCode.None, (await broker.AppendAsync(s_orders, Batches.Of("a", "b"), Acks.Leader)).Error);
        Assert.True(broker.DeleteRecords(s_orders, 1).IsSuccess);
        Assert.Equal(ErrorCode.None, broker.Groups.Join("joined", "client").Error);
        Assert.Equal(expected, await s_requests[request](broker));
    }

    [Fact]
    public void Every_request_has_an_expected_code() => Assert.Equal(s_requests.Keys.Order(), Refused.Select(static row => row.Data.Item1).Order());

    private static NewTopic Configured(string name, string value) => new("new") { Configs = new Dictionary<string, string> { [name] = value } };

    private static ValueTask<ErrorCode> Alter(Broker broker, params ConfigChange[] changes) => Now(broker.AlterTopicConfigs("orders", changes).Error);

    private static async ValueTask<ErrorCode> AppendAsync(Broker broker, TopicPartition partition, Acks acks = Acks.Leader) =>
        (await broker.AppendAsync(partition, Batches.Of("x"), acks)).Error;

    private static async ValueTask<ErrorCode> FetchAsync(Broker broker, TopicPartition partition, long offset)
    {
        using FetchResponse response = await broker.FetchAsync(new FetchRequest { Partitions = [new FetchPartition(partition, offset, 100)], MaxWaitMs = 0 });
        return response.Partitions[0].Error;
    }

    private static async ValueTask<ErrorCode> CommitAsync(Broker broker, string group, string member, int generation, TopicPartition? partition = null, OffsetAndMetadata? offset = null) =>
        (await broker.Groups.CommitOffsetsAsync(group, member, generation, [KeyValuePair.Create(partition ?? s_orders, offset ?? new OffsetAndMetadata(1))]))[0].Error;

    private static ValueTask<ErrorCode> Now(ErrorCode error) => new(error);
}
