using System.Text;
using Engine.Tests.Support;
using Microsoft.Extensions.Logging;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Engine.Tests.Topics;

/// <summary>
/// Follows the advice of errors that name a copy to restore from, or what the machine
/// lacks: what they say works.
/// </summary>
public sealed class AdviceFaultTests : IDisposable // N9
{
    private static readonly TopicPartition s_orders = BrokerExtensions.Orders;
    private readonly MemoryStorage _memory = new();
    private readonly FaultyStorage _storage;
    private readonly SteppedTime _time = new();
    private readonly SteppedPump _pump;
    private readonly LogLines _lines = new();

    public AdviceFaultTests()
    {
        _storage = new FaultyStorage(_memory);
        _pump = new SteppedPump(_time);
    }

    [Theory]
    [InlineData("orders-0", 70, false, "Restore the file from a copy")]
    [InlineData("orders-0", -1, false, "Restore the missing segment from a copy")]
    [InlineData("__consumer_offsets-0", 70, true, "Restore the file from a copy")]
    [InlineData("__transaction_state-0", 70, true, "Restore the file from a copy")]
    public async Task A_folder_that_is_restored_from_a_copy_is_served_as_before(string folder, long position, bool isInternal, string advice)
    {
        await FillAsync();
        Copy(folder, "copy");
        string damaged = Names(folder).First(static name => name.EndsWith(".log", StringComparison.Ordinal));
        if (position < 0)
        {
            damaged = Names(folder).Where(static name => name.EndsWith(".log", StringComparison.Ordinal)).ElementAt(1);
            Assert.True(_memory.Delete($"{folder}/{damaged}").IsOk);
        }
        else
        {
            _memory.Flip($"{folder}/{damaged}", position);
        }

        Assert.Contains(advice, await RefusalAsync(isInternal), StringComparison.OrdinalIgnoreCase);
        Assert.True(_memory.DeleteDirectory(folder).IsOk);
        Copy("copy", folder);
        await using Broker broker = Open();
        Assert.Equal(5, (await broker.ReadAllAsync(s_orders)).Count);
        Assert.Equal(3, broker.Groups.FetchOffsets("billing", [s_orders])[0].Committed?.Offset);
        Assert.Equal("first", Assert.Single(broker.Transactions.List()).TransactionalId);
    }

    [Fact]
    public async Task A_file_of_producer_ids_that_is_restored_from_a_copy_gives_no_id_away_twice()
    {
        await FillAsync();
        byte[] copy = WholeFile.Read(_memory, "producer-ids.checkpoint")!;
        _memory.Flip("producer-ids.checkpoint", 0);
        Assert.Contains("restore it from a backup", Assert.Throws<StorageException>(Open).Message);
        Write("producer-ids.checkpoint", copy);
        await using Broker broker = Open();
        Assert.True(broker.InitProducerId().ProducerId > 0);
    }

    [Fact]
    public async Task A_partition_whose_folder_is_put_back_has_its_records_back()
    {
        await FillAsync();
        Assert.True(_memory.Rename("orders-0", "aside").IsOk);
        await using (Broker broker = Open())
        {
            Assert.NotEmpty(_lines.Of(LogLevel.Warning, "To restore its records, stop the engine and restore the folder"));
            await broker.AppendAsync(s_orders, Batches.Of("meanwhile"), Acks.Leader);
        }

        Assert.True(_memory.DeleteDirectory("orders-0").IsOk);
        Assert.True(_memory.Rename("aside", "orders-0").IsOk);
        await using Broker reopened = Open();
        Assert.Equal(5, (await reopened.ReadAllAsync(s_orders)).Count);
    }

    [Fact]
    public async Task A_damaged_journal_of_topics_may_be_deleted()
    {
        await FillAsync();
        Broker killed = Open();
        Assert.True(killed.CreateTopic(new NewTopic("later")).IsSuccess);
        Assert.True(killed.CreateTopic(new NewTopic("last")).IsSuccess);
        _memory.Release(); // What a kill leaves.
        string text = Encoding.UTF8.GetString(WholeFile.Read(_memory, "topics.journal")!);
        _memory.Flip("topics.journal", text.IndexOf("topic later", StringComparison.Ordinal));
        Assert.Contains("Delete it to continue with the topics of 'topics.checkpoint'", Assert.Throws<StorageException>(Open).Message);
        Assert.True(_memory.Delete("topics.journal").IsOk);
        await using Broker broker = Open();
        Assert.Equal(5, (await broker.ReadAllAsync(s_orders)).Count);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, broker.DescribeTopic("later", autoCreate: false, out _).Error);
    }

    [Fact]
    public async Task A_damaged_checkpoint_of_the_cleaner_may_be_deleted_and_a_topic_that_is_not_compacted_any_more_is_compacted_again()
    {
        await using (Broker broker = Open())
        {
            Assert.True(broker.CreateTopic(new NewTopic("orders")
            {
                Configs = new Dictionary<string, string> { ["cleanup.policy"] = "compact", ["segment.bytes"] = "200", ["min.cleanable.dirty.ratio"] = "0", ["file.delete.delay.ms"] = "0" },
            }).IsSuccess);
            for (int i = 0; i < 9; i++)
            {
                Assert.Equal(ErrorCode.None, (await broker.AppendAsync(s_orders, Keyed($"{i % 2}", $"{i}"), Acks.Leader)).Error);
            }

            for (int i = 0; i < 5; i++)
            {
                _pump.Advance(15_000);
            }

            Assert.True((await broker.ReadAllAsync(s_orders)).Count < 9);
            Assert.True(broker.AlterTopicConfigs("orders", [new ConfigChange("cleanup.policy", "delete")]).IsSuccess);
        }

        const string Checkpoint = "cleaner-offset-checkpoint";
        Assert.Contains("orders 0", Encoding.UTF8.GetString(WholeFile.Read(_memory, Checkpoint)!));
        _memory.Flip(Checkpoint, 0);
        string message = Assert.Throws<StorageException>(Open).Message;
        Assert.Contains("delete it", message, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("'cleanup.policy=compact'", message);
        Assert.True(_memory.Delete(Checkpoint).IsOk);
        await using (Broker broker = Open())
        {
            Assert.True(broker.AlterTopicConfigs("orders", [new ConfigChange("cleanup.policy", "compact")]).IsSuccess);
        }

        await using Broker reopened = Open();
        Assert.Contains("8", (await reopened.ReadAllAsync(s_orders)).Select(static record => record.Value));
        Assert.Empty(reopened.Health);
    }

    [Theory]
    [InlineData(1, "give this user write access")]
    [InlineData(13, "give this user write access")]
    [InlineData(4, "try again")]
    [InlineData(12, "free memory")]
    [InlineData(23, "raise the limit (ulimit -n)")]
    [InlineData(24, "raise the limit (ulimit -n)")]
    [InlineData(28, "free space, then appends continue")]
    [InlineData(122, "free space, then appends continue")]
    [InlineData(5, "check the disk")]
    public async Task Appends_continue_after_a_shortage_ends(int errno, string hint)
    {
        await using Broker broker = Open();
        Assert.True(broker.CreateTopic(new NewTopic("orders") { Configs = new Dictionary<string, string> { ["segment.bytes"] = "200" } }).IsSuccess);
        foreach (bool isRoll in (bool[])[false, true])
        {
            var failure = new IoResult(errno);
            (_storage.Creation, _storage.Allocation) = isRoll ? (failure, IoResult.Ok) : (IoResult.Ok, failure);
            AppendResult refused = await broker.AppendAsync(s_orders, Batches.Of(new string('x', 50)), Acks.Leader);
            Assert.Equal(ErrorCode.KafkaStorageError, refused.Error);
            Assert.Contains($"(errno {errno})", refused.Message);
            Assert.Contains(hint, Assert.Single(broker.Health).Reason);
            (_storage.Creation, _storage.Allocation) = (IoResult.Ok, IoResult.Ok);
            Assert.Equal(ErrorCode.None, (await broker.AppendAsync(s_orders, Batches.Of(new string('x', 50)), Acks.Leader)).Error);
            Assert.Empty(broker.Health);
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(24)]
    public async Task A_flush_that_was_not_completed_is_repeated(int errno)
    {
        await using Broker broker = Open();
        Assert.True(broker.CreateTopic(new NewTopic("orders")).IsSuccess);
        (_storage.Flush, _storage.DirectoryFlush) = (new IoResult(errno == 4 ? 4 : 0), new IoResult(errno == 4 ? 0 : errno));
        PartitionLog log = broker.FindLog(s_orders)!;
        log.Flusher.NoteDirectoryChanged();
        Task<AppendResult> refused = broker.AppendAsync(s_orders, Batches.Of("a"), Acks.All).AsTask();
        _pump.Step();
        Assert.Equal(ErrorCode.KafkaStorageError, (await refused).Error);
        Assert.Contains("until one is", Assert.Single(broker.Health).Reason);
        (_storage.Flush, _storage.DirectoryFlush) = (IoResult.Ok, IoResult.Ok);
        Task<AppendResult> again = broker.AppendAsync(s_orders, Batches.Of("b"), Acks.All).AsTask();
        _pump.Step();
        Assert.Equal(ErrorCode.None, (await again).Error);
        Assert.Equal(2, log.Flusher.DurableEnd);
        Assert.Empty(broker.Health);
    }

    [Theory]
    [InlineData(5, true)]
    [InlineData(28, true)]
    [InlineData(28, false)]
    public async Task A_partition_that_takes_no_more_appends_takes_them_when_the_directory_was_opened_again(int errno, bool isFlush)
    {
        await using (Broker broker = Open())
        {
            Assert.True(broker.CreateTopic(new NewTopic("orders")).IsSuccess);
            await broker.AppendAsync(s_orders, Batches.Of("kept"), Acks.Leader);
            (_storage.Flush, _storage.Write, _storage.IsStoreSafe) = isFlush ? (new IoResult(errno), IoResult.Ok, true) : (IoResult.Ok, new IoResult(errno), false);
            Task<AppendResult> failed = broker.AppendAsync(s_orders, Batches.Of("failed"), Acks.All).AsTask();
            _pump.Step();
            string message = (await failed).Message!;
            Assert.DoesNotContain("then appends continue", message);
            (_storage.Flush, _storage.Write) = (IoResult.Ok, IoResult.Ok);
            AppendResult refused = await broker.AppendAsync(s_orders, Batches.Of("refused"), Acks.Leader);
            Assert.Contains("open the data directory again", refused.Message);
        }

        await using Broker reopened = Open();
        Assert.Equal(ErrorCode.None, (await reopened.AppendAsync(s_orders, Batches.Of("later"), Acks.Leader)).Error);
        List<string> values = [.. (await reopened.ReadAllAsync(s_orders)).Select(static record => record.Value)];
        Assert.Equal(["kept", "later"], values.Where(static value => value != "failed"));
    }

    [Fact]
    public async Task Derived_state_that_has_stopped_follows_again_when_the_directory_was_opened_again()
    {
        var hooks = new CallingHooks();
        await using (Broker broker = Open(hooks))
        {
            Assert.True(broker.CreateTopic(new NewTopic("orders")).IsSuccess);
            hooks.OnNext(LogPoint.IndexerRead, static () => throw new OutOfMemoryException());
            await broker.AppendAsync(s_orders, Batches.Of("a"), Acks.Leader);
            Assert.Equal(0, broker.ListOffset(s_orders, ListedOffset.Latest, IsolationLevel.ReadCommitted).Offset);
        }

        await using Broker reopened = Open();
        Assert.Equal(1, reopened.ListOffset(s_orders, ListedOffset.Latest, IsolationLevel.ReadCommitted).Offset);
        Assert.Empty(reopened.Health);
    }

    [Fact]
    public async Task A_transaction_that_a_partition_refuses_can_be_aborted_and_begun_again()
    {
        await using Broker broker = Open(new InlineHooks());
        Assert.True(broker.CreateTopic(new NewTopic("orders")).IsSuccess);
        InitProducerIdResult producer = Wait(broker.Transactions.InitProducerIdAsync("billing", 60_000));
        AppendResult refused = Wait(broker.AppendAsync(s_orders, Batches.OfProducer(producer.ProducerId, producer.ProducerEpoch, 0, isTransactional: true), Acks.Leader));
        Assert.Equal(ErrorCode.TransactionAbortable, refused.Error);
        Assert.Contains("Abort it and begin a new one", refused.Message);
        producer = Wait(broker.Transactions.EndAsync("billing", producer.ProducerId, producer.ProducerEpoch, isCommit: false, TransactionVersion.V2));
        Assert.Equal(ErrorCode.None, producer.Error);
        Assert.Equal(ErrorCode.None, Wait(broker.Transactions.AddPartitionsAsync("billing", producer.ProducerId, producer.ProducerEpoch, [s_orders], TransactionVersion.V2)));
        Assert.Equal(ErrorCode.None, Wait(broker.AppendAsync(s_orders, Batches.OfProducer(producer.ProducerId, producer.ProducerEpoch, 0, isTransactional: true), Acks.Leader)).Error);
        Assert.Equal(ErrorCode.None, Wait(broker.Transactions.EndAsync("billing", producer.ProducerId, producer.ProducerEpoch, isCommit: true, TransactionVersion.V2)).Error);
    }

    public void Dispose() => _memory.Dispose();

    private static byte[] Keyed(string key, string value)
    {
        var batch = new RecordBatchBuilder(new byte[300]);
        batch.Append(SteppedTime.Start, Encoding.UTF8.GetBytes(key), isKeyNull: false, Encoding.UTF8.GetBytes(value), isValueNull: false);
        return batch.Build().ToArray();
    }

    private T Wait<T>(ValueTask<T> task)
    {
        for (int step = 0; !task.IsCompleted; step++)
        {
            Assert.True(step < 1000, "The answer never comes.");
            _pump.Step();
        }

        return task.GetAwaiter().GetResult();
    }

    // Five records in as many segments, a committed offset and a transactional id.
    private async Task FillAsync()
    {
        await using Broker broker = Open(new InlineHooks());
        Assert.True(broker.CreateTopic(new NewTopic("orders") { Configs = new Dictionary<string, string> { ["segment.bytes"] = "200" } }).IsSuccess);
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(ErrorCode.None, (await broker.AppendAsync(s_orders, Batches.Of(new string('x', 50)), Acks.Leader)).Error);
        }

        Assert.Equal(ErrorCode.None, (await broker.Groups.CommitOffsetsAsync("billing", "", -1, [KeyValuePair.Create(s_orders, new OffsetAndMetadata(3))]))[0].Error);
        Assert.Equal(ErrorCode.None, Wait(broker.Transactions.InitProducerIdAsync("first", 1000)).Error);
    }

    private async Task<string> RefusalAsync(bool isInternal)
    {
        if (isInternal)
        {
            return Assert.Throws<StorageException>(Open).Message;
        }

        await using Broker broker = Open();
        return broker.ListOffsets(s_orders, out _, out _).Message!;
    }

    private Broker Open() => Open(null);

    private Broker Open(LogHooks? hooks) => Broker.Open(new BrokerSettings
    {
        Storage = _storage,
        TimeProvider = _time,
        DutyPump = _pump,
        RandomSeed = 1,
        Hooks = hooks,
        LoggerFactory = _lines,
        OffsetsTopicNumPartitions = 1,
        TransactionStateLogNumPartitions = 1,
    });

    private IReadOnlyList<string> Names(string folder)
    {
        Assert.True(_memory.List(folder, out IReadOnlyList<string> names).IsOk);
        return names;
    }

    private void Copy(string from, string to)
    {
        Assert.True(_memory.CreateDirectory(to).IsOk);
        foreach (string name in Names(from))
        {
            Write($"{to}/{name}", WholeFile.Read(_memory, $"{from}/{name}")!);
        }
    }

    private void Write(string path, byte[] bytes)
    {
        Assert.True(_memory.Open(path, FileOpening.Truncated, out IStorageFile? file).IsOk);
        using (file)
        {
            Assert.True(file!.Write(0, bytes).IsOk);
        }
    }
}
