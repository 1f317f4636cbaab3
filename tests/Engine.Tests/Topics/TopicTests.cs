using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Storage;

namespace Engine.Tests.Topics;

public sealed class TopicTests
{
    [Fact]
    public async Task Topics_with_their_settings_are_there_after_a_restart()
    {
        using var storage = new MemoryStorage();
        TopicDescription created;
        await using (Broker broker = Open(storage))
        {
            var configs = new Dictionary<string, string> { ["segment.bytes"] = "1048576", ["cleanup.policy"] = "compact,delete" };
            Assert.True(broker.CreateTopic(new NewTopic("with-dash.and_more", 3, 2) { Configs = configs }).IsSuccess);
            created = Assert.Single(broker.ListTopics());
        }

        await using Broker reopened = Open(storage);
        TopicDescription found = Assert.Single(reopened.ListTopics());
        Assert.Equal((created.Name, created.TopicId, 3, (short)2), (found.Name, found.TopicId, found.Partitions, found.ReplicationFactor));
        Assert.Equal("compact,delete", found.Configs["cleanup.policy"]);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData(".", "forbidden")]
    [InlineData("..", "forbidden")]
    [InlineData("a b", "' '")]
    [InlineData("a/b", "'/'")]
    [InlineData("größe", "'ö'")]
    public async Task A_name_that_Kafka_forbids_is_refused_with_the_reason(string name, string reason)
    {
        using var storage = new MemoryStorage();
        await using Broker broker = Open(storage);
        ErrorResult result = broker.CreateTopic(new NewTopic(name));
        Assert.Equal(ErrorCode.InvalidTopicException, result.Error);
        Assert.Contains(reason, result.Message);
        Assert.Equal(ErrorCode.InvalidTopicException, broker.DescribeTopic(name, autoCreate: true, out _).Error);
    }

    [Fact]
    public async Task What_cannot_be_created_is_refused_with_Kafka_s_code()
    {
        using var storage = new MemoryStorage();
        await using Broker broker = Open(storage);
        Assert.True(broker.CreateTopic(new NewTopic("a.b")).IsSuccess);
        Assert.Equal(ErrorCode.TopicAlreadyExists, broker.CreateTopic(new NewTopic("a.b")).Error);
        Assert.Equal(ErrorCode.InvalidTopicException, broker.CreateTopic(new NewTopic("a_b")).Error);
        Assert.Equal(ErrorCode.InvalidTopicException, broker.CreateTopic(new NewTopic(new string('x', 250))).Error);
        Assert.Equal(ErrorCode.InvalidTopicException, broker.CreateTopic(new NewTopic("__consumer_offsets")).Error);
        Assert.Equal(ErrorCode.InvalidPartitions, broker.CreateTopic(new NewTopic("c", 0)).Error);
        Assert.Equal(ErrorCode.InvalidReplicationFactor, broker.CreateTopic(new NewTopic("c", 1, 0)).Error);
        Assert.Equal(ErrorCode.InvalidConfig, broker.CreateTopic(new NewTopic("c") { Configs = new Dictionary<string, string> { ["segment.byte"] = "1" } }).Error);
        Assert.Equal(ErrorCode.InvalidConfig, broker.CreateTopic(new NewTopic("c") { Configs = new Dictionary<string, string> { ["segment.bytes"] = "many" } }).Error);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, (await broker.DeleteTopicAsync("c")).Error);
    }

    [Fact]
    public async Task A_topic_made_again_under_its_name_shows_nothing_of_the_old_one()
    {
        using var storage = new MemoryStorage();
        await using (Broker broker = Open(storage))
        {
            broker.CreateTopic(new NewTopic("orders"));
            await broker.AppendAsync(BrokerExtensions.Orders, Batches.Of("old"), Acks.All);
            await broker.CommitOffsetsAsync("billing", "", -1, [KeyValuePair.Create(BrokerExtensions.Orders, new OffsetAndMetadata(1))]);
            Assert.True((await broker.DeleteTopicAsync("orders")).IsSuccess);
            broker.CreateTopic(new NewTopic("orders"));
            Assert.Empty(await broker.ReadAllAsync(BrokerExtensions.Orders));
            Assert.Empty(broker.FetchOffsets("billing", null));
        }

        await using Broker reopened = Open(storage);
        Assert.Empty(await reopened.ReadAllAsync(BrokerExtensions.Orders));
        Assert.Empty(reopened.FetchOffsets("billing", null));
    }

    [Fact]
    public async Task A_deletion_cut_short_is_finished_at_the_next_start()
    {
        using var storage = new MemoryStorage();
        await using (Broker broker = Open(storage))
        {
            broker.CreateTopic(new NewTopic("orders", 2));
            Guid id = broker.ListTopics()[0].TopicId;
            await broker.AppendAsync(BrokerExtensions.Orders, Batches.Of("old"), Acks.All);
            await broker.DisposeAsync();
            storage.Rename("orders-0", $"orders-0.{id:N}-delete");
        }

        await using Broker reopened = Open(storage);
        Assert.Empty(reopened.ListTopics());
        storage.List("", out IReadOnlyList<string> names);
        Assert.DoesNotContain(names, static name => name.StartsWith("orders", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_directory_without_our_list_of_topics_is_taken_over_from_its_folders()
    {
        using var storage = new MemoryStorage();
        Guid id;
        await using (Broker broker = Open(storage))
        {
            broker.CreateTopic(new NewTopic("orders", 2));
            id = broker.ListTopics()[0].TopicId;
            await broker.AppendAsync(BrokerExtensions.Orders, Batches.Of("kept"), Acks.All);
        }

        storage.Delete("topics.checkpoint");
        await using Broker reopened = Open(storage);
        TopicDescription topic = Assert.Single(reopened.ListTopics());
        Assert.Equal(("orders", id, 2), (topic.Name, topic.TopicId, topic.Partitions));
        Assert.Equal("kept", Assert.Single(await reopened.ReadAllAsync(BrokerExtensions.Orders)).Value);
    }

    private static Broker Open(IStorage storage) => Broker.Open(new BrokerSettings { Storage = new CheckedStorage(storage) });
}
