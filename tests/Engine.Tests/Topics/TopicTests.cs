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
    public async Task An_invalid_topic_is_refused_with_Kafka_s_code()
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
            await broker.Groups.CommitOffsetsAsync("billing", "", -1, [KeyValuePair.Create(BrokerExtensions.Orders, new OffsetAndMetadata(1))]);
            Assert.True((await broker.DeleteTopicAsync("orders")).IsSuccess);
            broker.CreateTopic(new NewTopic("orders"));
            Assert.Empty(await broker.ReadAllAsync(BrokerExtensions.Orders));
            Assert.Empty(broker.Groups.FetchOffsets("billing", null));
        }

        await using Broker reopened = Open(storage);
        Assert.Empty(await reopened.ReadAllAsync(BrokerExtensions.Orders));
        Assert.Empty(reopened.Groups.FetchOffsets("billing", null));
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

        var time = new SteppedTime();
        var pump = new SteppedPump(time);
        await using Broker reopened = Broker.Open(new BrokerSettings { Storage = storage, TimeProvider = time, DutyPump = pump });
        Assert.Empty(reopened.ListTopics());
        pump.Step();
        storage.List("", out IReadOnlyList<string> names);
        Assert.DoesNotContain(names, static name => name.StartsWith("orders", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_creation_cut_short_is_taken_back_at_the_next_start_also_that_of_the_first_topic(bool isFirst) // K2
    {
        using var memory = new MemoryStorage();
        var storage = new FaultyStorage(memory);
        Broker killed = Broker.Open(new BrokerSettings { Storage = storage });
        if (!isFirst)
        {
            killed.CreateTopic(new NewTopic("other"));
        }

        // Killed when two of three folders are there.
        int created = 0;
        storage.Writing = path => _ = path == "orders-2/partition.metadata" && ++created > 0 ? throw new StorageException("killed") : 0;
        Assert.Equal(ErrorCode.KafkaStorageError, killed.CreateTopic(new NewTopic("orders", 3)).Error);
        Assert.Equal(1, created);
        storage.Writing = null;

        await using Broker broker = Open(storage);
        Assert.Equal(isFirst ? [] : ["other"], broker.ListTopics().Select(static topic => topic.Name));
        storage.List("", out IReadOnlyList<string> names);
        Assert.DoesNotContain(names, static name => name.StartsWith("orders", StringComparison.Ordinal));
        Assert.True(broker.CreateTopic(new NewTopic("orders", 4)).IsSuccess);
        Assert.Equal(ErrorCode.None, (await broker.AppendAsync(BrokerExtensions.Orders with { Partition = 3 }, Batches.Of("a"), Acks.All)).Error);
    }

    [Fact]
    public async Task A_topic_takes_no_records_before_it_is_sure_to_be_there_after_a_crash() // K1
    {
        using var memory = new MemoryStorage();
        var storage = new FaultyStorage(memory);
        await using Broker broker = Open(storage);
        AppendResult? early = null;
        storage.Renaming = path => early = path == "topics.journal" ? broker.AppendAsync(BrokerExtensions.Orders, Batches.Of("early"), Acks.Leader).AsTask().Result : early;
        Assert.True(broker.CreateTopic(new NewTopic("orders")).IsSuccess);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, early?.Error);
    }

    [Fact]
    public async Task A_topic_is_neither_made_nor_deleted_while_the_engine_closes() // K16
    {
        using var memory = new MemoryStorage();
        var storage = new FaultyStorage(memory);
        Broker broker = Open(storage);
        broker.CreateTopic(new NewTopic("orders"));
        ErrorResult made = default;
        ErrorResult deleted = default;
        storage.Renaming = path =>
        {
            if (path == "recovery-point-offset-checkpoint")
            {
                made = broker.CreateTopic(new NewTopic("late"));
                deleted = broker.DeleteTopicAsync("orders").AsTask().Result;
            }
        };
        await broker.DisposeAsync();
        storage.Renaming = null;
        Assert.Equal((ErrorCode.BrokerNotAvailable, ErrorCode.BrokerNotAvailable), (made.Error, deleted.Error));
        await using Broker reopened = Open(storage);
        Assert.Equal("orders", Assert.Single(reopened.ListTopics()).Name);
    }

    [Fact]
    public async Task A_folder_with_records_that_is_not_in_the_checkpoint_is_kept_and_not_served()
    {
        using var storage = new MemoryStorage();
        await using (Broker broker = Open(storage))
        {
            broker.CreateTopic(new NewTopic("orders"));
            await broker.AppendAsync(BrokerExtensions.Orders, Batches.Of("kept"), Acks.All);
        }

        storage.Rename("orders-0", "orders-1");
        storage.CreateDirectory("orders-0");
        await using Broker reopened = Broker.Open(new BrokerSettings { Storage = storage });
        Assert.Equal(1, Assert.Single(reopened.ListTopics()).Partitions);
        Assert.True(storage.Open("orders-1/00000000000000000000.log", FileOpening.Existing, out IStorageFile? file).IsOk);
        file!.Dispose();
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
