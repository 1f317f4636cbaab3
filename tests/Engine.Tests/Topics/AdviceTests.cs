using Engine.Tests.Support;
using Microsoft.Extensions.Logging;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Storage;
using Zurau.Engine.Topics;

namespace Engine.Tests.Topics;

/// <summary>
/// Follows each advice that an error or a warning of the engine gives about the files
/// of a data directory.
/// </summary>
public sealed class AdviceTests : IDisposable // N9
{
    private const string Log = "00000000000000000000.log";
    private static readonly TopicPartition s_orders = BrokerExtensions.Orders;
    private static readonly TopicPartition s_second = s_orders with { Partition = 1 };
    private readonly MemoryStorage _storage = new();
    private readonly LogLines _lines = new();

    [Fact]
    public async Task A_damaged_partition_s_folder_may_be_moved_away_and_its_group_continues_with_new_records()
    {
        await FillAsync();
        Damage($"orders-0/{Log}", 70);
        await using (Broker damaged = Open())
        {
            Assert.Contains("move the partition's folder away to continue without it", damaged.ListOffsets(s_orders, out _, out _).Message);
        }

        MoveAway("orders-0");
        await using Broker broker = Open();
        Assert.NotEmpty(_lines.Of(LogLevel.Warning, "The folder of partition orders-0 does not exist"));
        Assert.Equal(0, broker.Groups.FetchOffsets("billing", [s_orders])[0].Committed?.Offset); // Not after records that are still to come.
        Assert.Equal(2, broker.Groups.FetchOffsets("billing", [s_second])[0].Committed?.Offset);
        await broker.AppendAsync(s_orders, Batches.Of("new"), Acks.All);
        Assert.Equal("new", Assert.Single(await broker.ReadAllAsync(s_orders)).Value);
        Assert.Equal(2, (await broker.ReadAllAsync(s_second)).Count);
    }

    [Theory]
    [InlineData("__consumer_offsets-0")]
    [InlineData("__transaction_state-0")]
    public async Task A_damaged_folder_of_an_internal_topic_may_be_moved_away(string folder)
    {
        await FillAsync();
        Damage($"{folder}/{Log}", 70);
        StorageException refused = Assert.Throws<StorageException>(() => Open());
        Assert.Contains("away to", refused.Message);
        MoveAway(folder);
        await using Broker broker = Open();
        Assert.NotEmpty(_lines.Of(LogLevel.Warning, $"The folder of partition {folder} does not exist"));
        Assert.Equal(2, (await broker.ReadAllAsync(s_orders)).Count);
        Assert.Equal(folder[2] == 'c', broker.Groups.FetchOffsets("billing", [s_orders])[0].Committed is null);
        Assert.Equal(ErrorCode.None, (await broker.Groups.CommitOffsetsAsync("billing", "", -1, [KeyValuePair.Create(s_orders, new OffsetAndMetadata(1))]))[0].Error);
        Assert.Equal(ErrorCode.None, (await broker.Transactions.InitProducerIdAsync("id", 1000)).Error);
    }

    [Fact]
    public async Task An_open_transaction_is_aborted_if_the_folder_with_its_state_was_moved_away()
    {
        await FillAsync();
        await using (Broker broker = Open())
        {
            InitProducerIdResult producer = await broker.Transactions.InitProducerIdAsync("id", 60_000);
            await broker.Transactions.AddPartitionsAsync("id", producer.ProducerId, producer.ProducerEpoch, [s_orders], TransactionVersion.V2);
            await broker.AppendAsync(s_orders, Batches.OfProducer(producer.ProducerId, producer.ProducerEpoch, 0, isTransactional: true), Acks.All);
        }

        MoveAway("__transaction_state-0");
        await using Broker reopened = Open();
        ListedOffset end = reopened.ListOffset(s_orders, ListedOffset.Latest);
        Assert.Equal(end.Offset, reopened.ListOffset(s_orders, ListedOffset.Latest, IsolationLevel.ReadCommitted).Offset);
    }

    [Fact]
    public async Task A_damaged_list_of_topics_may_be_deleted()
    {
        await FillAsync();
        Damage("topics.checkpoint", 0);
        Assert.Contains("Delete it: the topics are then derived from the partitions' folders", Assert.Throws<StorageException>(() => Open()).Message);
        _storage.Delete("topics.checkpoint");
        await using Broker broker = Open();
        Assert.Equal(2, broker.ListTopics().Single(static topic => topic.Name == "orders").Partitions);
        Assert.Equal(2, (await broker.ReadAllAsync(s_second)).Count);
        Assert.Equal(2, broker.Groups.FetchOffsets("billing", [s_orders])[0].Committed?.Offset);
    }

    [Theory]
    [InlineData("recovery-point-offset-checkpoint")]
    [InlineData("log-start-offset-checkpoint")]
    public async Task A_damaged_offset_checkpoint_may_be_deleted(string file)
    {
        await FillAsync();
        Damage(file, 0);
        Assert.Contains("Delete it; the logs are then checked from their beginning", Assert.Throws<StorageException>(() => Open()).Message);
        _storage.Delete(file);
        await using Broker broker = Open();
        Assert.Equal(2, (await broker.ReadAllAsync(s_second)).Count);
    }

    [Fact]
    public async Task A_damaged_file_of_producer_ids_may_be_deleted_and_no_id_is_given_away_twice()
    {
        await FillAsync();
        Damage("producer-ids.checkpoint", 0);
        Assert.Contains("delete it to continue after the highest id in the logs", Assert.Throws<StorageException>(() => Open()).Message);
        _storage.Delete("producer-ids.checkpoint");
        await using Broker broker = Open();
        Assert.True(broker.InitProducerId().ProducerId > 0);
    }

    [Fact]
    public async Task A_folder_of_another_topic_of_that_name_may_be_moved_away()
    {
        await FillAsync();
        MoveAway("orders-1");
        await using (Broker broker = Open())
        {
            Assert.True((await broker.DeleteTopicAsync("orders")).IsSuccess);
            Assert.True(broker.CreateTopic(new NewTopic("orders", 2)).IsSuccess);
        }

        Assert.True(_storage.DeleteDirectory("orders-1").IsOk);
        Assert.True(_storage.Rename("orders-1.aside", "orders-1").IsOk);
        await using (Broker broker = Open())
        {
            Assert.Contains("Move the folder away to continue without it", broker.ListOffsets(s_second, out _, out _).Message);
            Assert.True(broker.ListOffsets(s_orders, out _, out _).IsSuccess);
        }

        MoveAway("orders-1");
        await using (Broker reopened = Open())
        {
            Assert.Empty(await reopened.ReadAllAsync(s_second));
        }

        Assert.True(_storage.DeleteDirectory("orders-1").IsOk);
        Assert.True(_storage.Rename("orders-1.aside", "orders-1").IsOk);
        Assert.True(_storage.Delete("orders-1/partition.metadata").IsOk);
        await using Broker last = Open();
        Assert.Equal(2, (await last.ReadAllAsync(s_second)).Count);
    }

    [Fact]
    public async Task An_ignored_folder_may_be_moved_away_or_adopted_without_the_checkpoint()
    {
        await FillAsync();
        Assert.True(_storage.Rename("orders-1", "strange-0").IsOk);
        await Open().DisposeAsync();
        Assert.NotEmpty(_lines.Of(LogLevel.Warning, "The folder 'strange-0' belongs to no topic that topics.checkpoint knows"));
        _storage.Delete("topics.checkpoint");
        await using (Broker broker = Open())
        {
            Assert.Equal(2, (await broker.ReadAllAsync(new TopicPartition("strange", 0))).Count);
        }
    }

    [Fact]
    public async Task A_folder_with_records_that_is_in_the_way_of_a_new_topic_may_be_moved_away()
    {
        await FillAsync();
        await using Broker broker = Open();
        Assert.True(_storage.CreateDirectory("new-0").IsOk);
        Copy($"orders-0/{Log}", $"new-0/{Log}");
        ErrorResult refused = broker.CreateTopic(new NewTopic("new"));
        Assert.Equal(ErrorCode.KafkaStorageError, refused.Error);
        Assert.Contains("move it away", refused.Message);
        MoveAway("new-0");
        Assert.True(broker.CreateTopic(new NewTopic("new")).IsSuccess);
    }

    [Fact]
    public async Task Records_appended_after_a_folder_was_moved_away_survive_a_crash()
    {
        await FillAsync();
        await using (Broker broker = Open())
        {
            Assert.True(broker.DeleteRecords(s_orders, 2).IsSuccess);
        }

        MoveAway("orders-0");
        Broker killed = Open();
        await killed.AppendAsync(s_orders, Batches.Of("new"), Acks.All);
        _storage.Release(); // What a kill leaves.
        await using Broker reopened = Open();
        Assert.Equal("new", Assert.Single(await reopened.ReadAllAsync(s_orders)).Value);
    }

    [Fact]
    public async Task Deleted_records_stay_deleted_when_the_list_of_topics_is_deleted_after_a_crash()
    {
        await FillAsync();
        Broker killed = Open();
        Assert.True(killed.DeleteRecords(s_orders, 1).IsSuccess);
        _storage.Release();
        _storage.Delete("topics.checkpoint");
        await using Broker reopened = Open();
        Assert.True(reopened.ListOffsets(s_orders, out long start, out long end).IsSuccess);
        Assert.Equal((1, 2), (start, end));
    }

    [Fact]
    public async Task A_topic_that_comes_back_whole_because_it_could_not_be_deleted_has_its_offsets()
    {
        await FillAsync();
        var storage = new FaultyStorage(_storage);
        Broker killed = Open(storage);
        storage.Renaming = static path => _ = path.StartsWith("orders-0.", StringComparison.Ordinal) ? throw new StorageException("the disk is ill") : 0;
        ErrorResult refused = await killed.DeleteTopicAsync("orders");
        Assert.Contains("restores the whole topic", refused.Message);
        _storage.Release();
        await using Broker reopened = Open();
        Assert.Equal(2, (await reopened.ReadAllAsync(s_orders)).Count);
        Assert.Equal(2, reopened.Groups.FetchOffsets("billing", [s_orders])[0].Committed?.Offset); // Without it a group could skip them.
    }

    [Fact]
    public async Task A_deletion_that_is_tried_again_takes_the_offsets_with_it()
    {
        await FillAsync();
        var storage = new FaultyStorage(_storage);
        var time = new SteppedTime();
        var pump = new SteppedPump(time);
        await using Broker broker = Broker.Open(new BrokerSettings { Storage = storage, OffsetsTopicNumPartitions = 1, TransactionStateLogNumPartitions = 1, TimeProvider = time, DutyPump = pump });
        storage.Renaming = static path => _ = path.StartsWith("orders-0.", StringComparison.Ordinal) ? throw new StorageException("the disk is ill") : 0;
        Assert.False((await broker.DeleteTopicAsync("orders")).IsSuccess);
        Assert.Null(broker.Groups.FetchOffsets("billing", [s_orders])[0].Committed); // Of a topic that nothing finds.
        storage.Renaming = null;
        pump.Advance(DeletionDuty.LongestPauseMs);
        Assert.True(broker.CreateTopic(new NewTopic("orders", 2)).IsSuccess);
        Assert.Null(broker.Groups.FetchOffsets("billing", [s_orders])[0].Committed);
        Assert.Empty(broker.Groups.FetchOffsets("billing", null));
    }

    public void Dispose() => _storage.Dispose();

    private async Task FillAsync()
    {
        await using Broker broker = Open();
        broker.CreateTopic(new NewTopic("orders", 2));
        foreach (TopicPartition partition in (TopicPartition[])[s_orders, s_second])
        {
            await broker.AppendAsync(partition, Batches.Of("a"), Acks.All);
            await broker.AppendAsync(partition, Batches.Of("b"), Acks.All);
            await broker.Groups.CommitOffsetsAsync("billing", "", -1, [KeyValuePair.Create(partition, new OffsetAndMetadata(2))]);
        }

        Assert.Equal(ErrorCode.None, (await broker.Transactions.InitProducerIdAsync("first", 1000)).Error);
    }

    private Broker Open() => Open(_storage);

    private Broker Open(IStorage storage) => Broker.Open(new BrokerSettings
    {
        Storage = storage,
        OffsetsTopicNumPartitions = 1,
        TransactionStateLogNumPartitions = 1,
        LoggerFactory = _lines,
    });

    private void MoveAway(string folder) => Assert.True(_storage.Rename(folder, $"{folder}.aside").IsOk);

    private void Damage(string path, long position)
    {
        Assert.True(_storage.Open(path, FileOpening.Existing, out IStorageFile? file).IsOk, path);
        using (file)
        {
            byte[] bytes = new byte[1];
            Assert.True(file!.Read(position, bytes, out _).IsOk);
            bytes[0] ^= 0x55;
            Assert.True(file.Write(position, bytes).IsOk);
        }
    }

    private void Copy(string from, string to)
    {
        Assert.True(_storage.Open(from, FileOpening.Existing, out IStorageFile? source).IsOk);
        Assert.True(_storage.Open(to, FileOpening.New, out IStorageFile? target).IsOk);
        using (source)
        using (target)
        {
            source!.Length(out long length);
            byte[] bytes = new byte[length];
            source.Read(0, bytes, out _);
            Assert.True(target!.Write(0, bytes).IsOk);
        }
    }
}
