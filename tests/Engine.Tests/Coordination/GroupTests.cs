using CsCheck;
using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Coordination;
using Zurau.Engine.Storage;

namespace Engine.Tests.Coordination;

public sealed class GroupTests
{
    // From the public record layouts: group g, topic t, partition 0; offset 10, no epoch,
    // empty metadata, at 1700000000000.
    private const string GoldenKey = "000100016700017400000000";
    private const string GoldenValue0 = "0000000000000000000a00000000018bcfe56800";
    private const string GoldenValue1 = "0001000000000000000a00000000018bcfe56800ffffffffffffffff";
    private const string GoldenValue3 = "0003000000000000000affffffff00000000018bcfe56800";
    private const string GoldenValue4 = "0004000000000000000affffffff010000018bcfe5680000";

    [Fact]
    public void Offset_records_are_byte_for_byte_Kafka_s()
    {
        Assert.Equal(GoldenKey, Convert.ToHexStringLower(OffsetRecords.Key("g", new TopicPartition("t", 0))));
        Assert.Equal(GoldenValue4, Convert.ToHexStringLower(OffsetRecords.Value(new OffsetAndMetadata(10), 1_700_000_000_000)));
    }

    [Theory]
    [InlineData(GoldenValue0)]
    [InlineData(GoldenValue1)]
    [InlineData(GoldenValue3)]
    [InlineData(GoldenValue4)]
    public void Every_version_of_an_offset_s_value_is_read(string value)
    {
        Assert.True(OffsetRecords.TryReadValue(Convert.FromHexString(value), out OffsetAndMetadata read, out _));
        Assert.Equal(new OffsetAndMetadata(10), read);
    }

    [Fact]
    public void An_offset_with_its_topic_s_id_is_byte_for_byte_what_Kafka_4_wrote()
    {
        // From __consumer_offsets-0 of the golden data: group static-group, topic g-topic.
        const string Written = "000400000000000000140000000001000001a1fd6d7a250100105bf4c84d63d14e1fbd09c11b803ba9af";
        var offset = new OffsetAndMetadata(20, "", 0) { TopicId = new Guid("5bf4c84d-63d1-4e1f-bd09-c11b803ba9af") };
        Assert.Equal(Written, Convert.ToHexStringLower(OffsetRecords.Value(offset, 0x1a1fd6d7a25)));
        Assert.True(OffsetRecords.TryReadValue(Convert.FromHexString(Written), out OffsetAndMetadata read, out _));
        Assert.Equal(offset, read);
    }

    [Fact]
    public void Any_offset_record_comes_back() => Gen.Select(Gen.Long[0, long.MaxValue], Gen.String, Gen.Int).Holds(static record =>
    {
        (long offset, string text, int epoch) = record;
        string metadata = new([.. text.Where(static c => !char.IsSurrogate(c))]);
        var committed = new OffsetAndMetadata(offset, metadata, epoch) { TopicId = epoch % 2 == 0 ? default : new Guid(epoch, 1, 2, [3, 4, 5, 6, 7, 8, 9, 10]) };
        Assert.True(OffsetRecords.TryReadValue(OffsetRecords.Value(committed, 1), out OffsetAndMetadata read, out _));
        Assert.Equal(committed, read);
    });

    [Fact]
    public async Task Committed_offsets_are_there_after_a_restart_and_the_last_one_counts()
    {
        using var storage = new MemoryStorage();
        TopicPartition second = BrokerExtensions.Orders with { Partition = 1 };
        await using (Broker broker = Open(storage))
        {
            broker.CreateTopic(new NewTopic("orders", 2));
            JoinGroupResult member = broker.Groups.Join("billing", "me");
            for (int i = 0; i <= 10; i++)
            {
                IReadOnlyList<PartitionResult> answers = await broker.Groups.CommitOffsetsAsync("billing", member.MemberId, member.GenerationId,
                    [KeyValuePair.Create(BrokerExtensions.Orders, new OffsetAndMetadata(i, "note")), KeyValuePair.Create(second, new OffsetAndMetadata(i * 2))]);
                Assert.All(answers, static answer => Assert.Equal(ErrorCode.None, answer.Error));
            }
        }

        await using Broker reopened = Open(storage);
        Assert.Equal(
            [new OffsetFetchResult(BrokerExtensions.Orders, new OffsetAndMetadata(10, "note")), new OffsetFetchResult(second, new OffsetAndMetadata(20))],
            reopened.Groups.FetchOffsets("billing", [BrokerExtensions.Orders, second]));
        Assert.Null(reopened.Groups.FetchOffsets("other", [second])[0].Committed);
    }

    [Fact]
    public async Task Commits_without_membership_are_refused()
    {
        using var storage = new MemoryStorage();
        await using Broker broker = Open(storage);
        broker.CreateTopic(new NewTopic("orders"));
        JoinGroupResult first = broker.Groups.Join("billing", "me");
        Assert.Equal(ErrorCode.UnknownMemberId, await Commit(broker, "stranger", first.GenerationId));
        Assert.Equal(ErrorCode.IllegalGeneration, await Commit(broker, first.MemberId, first.GenerationId - 1));
        Assert.Equal(ErrorCode.UnknownMemberId, await Commit(broker, "", -1));
        Assert.Equal(ErrorCode.None, await Commit(broker, first.MemberId, first.GenerationId));

        Assert.Equal(ErrorCode.None, broker.Groups.Leave("billing", first.MemberId));
        JoinGroupResult second = broker.Groups.Join("billing", "me");
        Assert.Equal(ErrorCode.UnknownMemberId, await Commit(broker, first.MemberId, first.GenerationId));
        Assert.Equal(ErrorCode.None, await Commit(broker, second.MemberId, second.GenerationId));
    }

    [Fact]
    public async Task A_second_member_is_refused_with_the_way_out_until_the_first_one_leaves()
    {
        using var storage = new MemoryStorage();
        await using Broker broker = Open(storage);
        JoinGroupResult first = broker.Groups.Join("billing", "me");
        JoinGroupResult second = broker.Groups.Join("billing", "you");
        Assert.Equal(ErrorCode.GroupMaxSizeReached, second.Error);
        Assert.Contains("close that consumer first", second.Message);
        broker.Groups.Leave("billing", first.MemberId);
        Assert.Equal(ErrorCode.None, broker.Groups.Join("billing", "you").Error);
    }

    [Fact]
    public async Task An_offset_that_makes_no_sense_is_refused_and_the_others_are_taken()
    {
        using var storage = new MemoryStorage();
        await using Broker broker = Open(storage);
        broker.CreateTopic(new NewTopic("orders", 3));
        IReadOnlyList<PartitionResult> answers = await broker.Groups.CommitOffsetsAsync("g", "", -1,
            [
                KeyValuePair.Create(new TopicPartition("nowhere", 0), new OffsetAndMetadata(1)),
                KeyValuePair.Create(new TopicPartition("orders", 0), new OffsetAndMetadata(-1)),
                KeyValuePair.Create(new TopicPartition("orders", 1), new OffsetAndMetadata(1, new string('x', 4097))),
                KeyValuePair.Create(new TopicPartition("orders", 2), new OffsetAndMetadata(1, new string('x', 4096))),
            ]);
        Assert.Equal(
            [ErrorCode.UnknownTopicOrPartition, ErrorCode.InvalidCommitOffsetSize, ErrorCode.OffsetMetadataTooLarge, ErrorCode.None],
            answers.Select(static answer => answer.Error));
        Assert.Single(broker.Groups.FetchOffsets("g", null));
    }

    private static async Task<ErrorCode> Commit(Broker broker, string memberId, int generationId) =>
        (await broker.Groups.CommitOffsetsAsync("billing", memberId, generationId, [KeyValuePair.Create(BrokerExtensions.Orders, new OffsetAndMetadata(1))]))[0].Error;

    private static Broker Open(IStorage storage) => Broker.Open(new BrokerSettings { Storage = new CheckedStorage(storage) });
}
