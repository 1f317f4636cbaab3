using System.Text;
using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Storage;
using Zurau.Engine.Topics;

namespace Engine.Tests.Topics;

/// <summary>
/// Changes of topics are journaled, so that each costs the same however many topics
/// there are.
/// </summary>
public sealed class TopicStoreTests
{
    private const string Journal = "topics.journal";
    private static readonly TopicPartition s_orders = BrokerExtensions.Orders;

    [Fact]
    public async Task A_change_writes_no_more_with_many_topics_than_with_few() // S15
    {
        using var memory = new MemoryStorage();
        var storage = new FaultyStorage(memory);
        await using Broker broker = Broker.Open(new BrokerSettings { Storage = storage });
        broker.CreateTopic(new NewTopic("orders"));
        await broker.AppendAsync(s_orders, Batches.Of("a", "b", "c"), Acks.Leader);
        broker.CreateTopic(new NewTopic("few"));
        long few = Bytes(() => broker.CreateTopic(new NewTopic("few-1")));
        for (int i = 100; i < 400; i++)
        {
            broker.CreateTopic(new NewTopic($"topic-{i}"));
        }

        Assert.Equal(few, Bytes(() => broker.CreateTopic(new NewTopic("few-2"))));
        int flushes = storage.Flushes;
        Assert.InRange(Bytes(() => broker.DeleteRecords(s_orders, 1)), 1, 100);
        Assert.Equal(1, storage.Flushes - flushes);
        Assert.InRange(Bytes(() => broker.AlterTopicConfigs("orders", [new ConfigChange("retention.ms", "1")])), 1, 200);

        long Bytes(Func<ErrorResult> change)
        {
            long before = storage.WrittenBytes;
            Assert.True(change().IsSuccess);
            return storage.WrittenBytes - before;
        }
    }

    [Fact]
    public void Every_change_is_there_after_a_kill_and_a_clean_shutdown_leaves_no_journal()
    {
        using var life = new BrokerLife();
        Change(life.Broker);
        Guid id = life.Broker.ListTopics().Single(static topic => topic.Name == "orders").TopicId;
        Assert.NotNull(Text(life.Storage));
        for (int i = 0; i < 2; i++)
        {
            life.Restart(isClean: i == 1);
            Assert.Equal(["kept", "orders"], life.Broker.ListTopics().Select(static topic => topic.Name));
            TopicDescription orders = life.Broker.ListTopics()[1];
            Assert.Equal((id, 3, "77"), (orders.TopicId, orders.Partitions, orders.Configs["retention.ms"]));
            Assert.Null(Text(life.Storage)); // What was journaled is in the checkpoint.
        }
    }

    [Fact]
    public void The_start_of_a_log_is_there_after_a_kill_also_when_the_journal_was_folded_since()
    {
        using var life = new BrokerLife();
        life.Broker.CreateTopic(new NewTopic("orders"));
        life.Wait(life.Broker.AppendAsync(s_orders, Batches.Of([.. Enumerable.Range(0, 50).Select(static i => $"{i}")]), Acks.All));
        Assert.True(life.Broker.DeleteRecords(s_orders, 20).IsSuccess);
        life.Restart(isClean: false);
        Assert.Equal(20, life.Broker.ListOffset(s_orders, ListedOffset.Earliest).Offset);
        Assert.True(life.Broker.DeleteRecords(s_orders, 30).IsSuccess);
        string large = new('x', 249);
        Assert.True(life.Broker.CreateTopic(new NewTopic(large)).IsSuccess);
        for (int i = 0; i < TopicStore.MaxJournalBytes / large.Length; i++)
        {
            Assert.True(life.Broker.AlterTopicConfigs(large, [new ConfigChange("retention.ms", $"{i + 1}")]).IsSuccess);
        }

        Assert.DoesNotContain("start", Text(life.Storage));
        life.Restart(isClean: false);
        Assert.Equal(30, life.Broker.ListOffset(s_orders, ListedOffset.Earliest).Offset);
    }

    [Fact]
    public void A_last_change_that_is_not_whole_was_never_answered_and_is_left_out()
    {
        using var life = new BrokerLife();
        Change(life.Broker);
        byte[] bytes = Encoding.UTF8.GetBytes(Text(life.Storage)!);
        int end = Array.IndexOf(bytes, (byte)0);
        Write(life.Storage, end - 5, [0, 0, 0, 0, 0]);
        life.Restart(isClean: false);
        Assert.Equal(["kept", "orders"], life.Broker.ListTopics().Select(static topic => topic.Name));
        Assert.False(life.Broker.ListTopics()[1].Configs.ContainsKey("retention.ms"));
    }

    [Fact]
    public void A_journal_damaged_before_its_end_is_refused_and_the_error_s_remedy_works()
    {
        using var life = new BrokerLife();
        life.Broker.CreateTopic(new NewTopic("kept"));
        life.Restart(isClean: true);
        Change(life.Broker, createsKept: false);
        Write(life.Storage, 40, [(byte)'#']);
        life.Storage.Release();
        StorageException refused = Assert.Throws<StorageException>(() => Broker.Open(new BrokerSettings { Storage = life.Storage }));
        Assert.Contains($"'{Journal}' is damaged", refused.Message);
        Assert.Contains("Delete it", refused.Message);
        life.Storage.Delete(Journal);
        life.Restart(isClean: false);
        Assert.Equal(["kept"], life.Broker.ListTopics().Select(static topic => topic.Name));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task After_a_change_that_could_not_be_written_the_next_one_can_and_nothing_is_forgotten(bool isFlush)
    {
        using var memory = new MemoryStorage();
        var storage = new FaultyStorage(memory);
        await using (Broker broker = Broker.Open(new BrokerSettings { Storage = storage }))
        {
            broker.CreateTopic(new NewTopic("orders"));
            broker.CreateTopic(new NewTopic("more"));
            storage.Flush = isFlush ? IoResult.DeviceError : IoResult.Ok;
            storage.Write = isFlush ? IoResult.Ok : IoResult.NoSpace;
            Assert.Equal(ErrorCode.KafkaStorageError, broker.AlterTopicConfigs("orders", [new ConfigChange("retention.ms", "1")]).Error);
            storage.Flush = storage.Write = IoResult.Ok;
            Assert.True(broker.AlterTopicConfigs("more", [new ConfigChange("retention.ms", "2")]).IsSuccess);
            Assert.False(broker.ListTopics()[1].Configs.ContainsKey("retention.ms"));
            memory.Release();
        }

        await using Broker reopened = Broker.Open(new BrokerSettings { Storage = memory });
        Assert.Equal(["2", ""], reopened.ListTopics().Select(static topic => topic.Configs.GetValueOrDefault("retention.ms", "")));
    }

    private static void Change(Broker broker, bool createsKept = true)
    {
        if (createsKept)
        {
            broker.CreateTopic(new NewTopic("kept"));
        }

        broker.CreateTopic(new NewTopic("gone"));
        broker.CreateTopic(new NewTopic("orders", 2));
        Assert.True(broker.DeleteTopicAsync("gone").AsTask().Result.IsSuccess);
        Assert.True(broker.CreatePartitions("orders", 3).IsSuccess);
        Assert.True(broker.AlterTopicConfigs("orders", [new ConfigChange("retention.ms", "77")]).IsSuccess);
    }

    private static string? Text(MemoryStorage storage) => CheckpointFile.Read(storage, Journal);

    private static void Write(MemoryStorage storage, long position, byte[] bytes)
    {
        Assert.True(storage.Open(Journal, FileOpening.Existing, out IStorageFile? file).IsOk);
        using (file)
        {
            Assert.True(file!.Write(position, bytes).IsOk);
        }
    }
}
