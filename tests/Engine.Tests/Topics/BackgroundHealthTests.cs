using System.Text;
using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;
using Zurau.Engine.Topics;

namespace Engine.Tests.Topics;

/// <summary>
/// Each failure in the background is shown in <c>Broker.Health</c> as long as it lasts,
/// and no longer.
/// </summary>
public sealed class BackgroundHealthTests : IDisposable
{
    private const int CheckMs = 1000;
    private static readonly TopicPartition s_orders = BrokerExtensions.Orders;
    private readonly MemoryStorage _memory = new();
    private readonly FaultyStorage _storage;
    private readonly SteppedTime _time = new();
    private readonly SteppedPump _pump;

    public BackgroundHealthTests()
    {
        _storage = new FaultyStorage(_memory);
        _pump = new SteppedPump(_time);
    }

    [Fact]
    public async Task Derived_state_that_has_stopped_is_shown_with_what_to_do()
    {
        var hooks = new CallingHooks();
        await using Broker broker = Open(hooks);
        Assert.True(broker.CreateTopic(new NewTopic("orders")).IsSuccess);
        hooks.OnNext(LogPoint.IndexerRead, static () => throw new OutOfMemoryException("no memory"));
        DateTimeOffset since = _time.GetUtcNow();
        Assert.Equal(ErrorCode.None, (await broker.AppendAsync(s_orders, Batches.Of("a"), Acks.Leader)).Error);
        HealthIssue issue = Assert.Single(broker.Health);
        Assert.Equal(("derived state", s_orders, since), (issue.Component, issue.Partition, issue.Since));
        Assert.Contains("no memory", issue.Reason);
        Assert.Contains("open the data directory again", issue.Reason);
        Assert.True((await broker.DeleteTopicAsync("orders")).IsSuccess);
        Assert.Empty(broker.Health);
    }

    [Fact]
    public async Task A_deletion_that_fails_is_shown_until_it_is_done()
    {
        await using Broker broker = Open();
        Assert.True(broker.CreateTopic(new NewTopic("orders")).IsSuccess);
        _storage.Deleting = static path => path.StartsWith("orders", StringComparison.Ordinal) ? IoResult.DeviceError : IoResult.Ok;
        Assert.True((await broker.DeleteTopicAsync("orders")).IsSuccess);
        _pump.Step();
        _pump.Advance(DeletionDuty.LongestPauseMs);
        HealthIssue issue = Assert.Single(broker.Health);
        Assert.Equal(("topic deletion", 2), (issue.Component, issue.Failures));
        Assert.Contains("'orders'", issue.Reason);
        Assert.Contains("errno 5", issue.Reason);
        _storage.Deleting = null;
        _pump.Advance(DeletionDuty.LongestPauseMs);
        Assert.Empty(broker.Health);
    }

    [Fact]
    public async Task A_deletion_that_was_given_up_stays_shown_beside_those_that_succeed()
    {
        await using Broker broker = Open();
        Assert.True(broker.CreateTopic(new NewTopic("orders")).IsSuccess);
        Assert.True(broker.CreateTopic(new NewTopic("other")).IsSuccess);
        _storage.Deleting = static path => path.StartsWith("orders", StringComparison.Ordinal) ? IoResult.DeviceError : IoResult.Ok;
        Assert.True((await broker.DeleteTopicAsync("orders")).IsSuccess);
        for (int i = 0; i <= DeletionDuty.MaxFailures; i++)
        {
            _pump.Advance(DeletionDuty.LongestPauseMs);
        }

        _storage.Deleting = null;
        Assert.True((await broker.DeleteTopicAsync("other")).IsSuccess);
        _pump.Advance(DeletionDuty.LongestPauseMs);
        Assert.Contains("the next startup continues it", Assert.Single(broker.Health).Reason);
    }

    [Fact]
    public async Task A_deletion_that_throws_what_it_must_not_holds_up_no_other()
    {
        await using Broker broker = Open();
        Assert.True(broker.CreateTopic(new NewTopic("orders")).IsSuccess);
        Assert.True(broker.CreateTopic(new NewTopic("other")).IsSuccess);
        _storage.Throwing = static (operation, path) => operation == "delete" && path.StartsWith("orders", StringComparison.Ordinal) ? new IndexOutOfRangeException() : null;
        Assert.True((await broker.DeleteTopicAsync("orders")).IsSuccess);
        Assert.True((await broker.DeleteTopicAsync("other")).IsSuccess);
        for (int i = 0; i < 10; i++)
        {
            _pump.Advance(CheckMs);
        }

        Assert.DoesNotContain(Folders(), static name => name.StartsWith("other", StringComparison.Ordinal));
        Assert.Contains(broker.Health, static issue => issue.Component == "topic deletion" && issue.Reason.Contains("IndexOutOfRange", StringComparison.Ordinal));
        _storage.Throwing = null;
        _pump.Advance(DeletionDuty.LongestPauseMs);
        Assert.DoesNotContain(Folders(), static name => name.StartsWith("orders", StringComparison.Ordinal));
        Assert.Empty(broker.Health);
    }

    [Fact]
    public async Task Files_of_removed_segments_that_cannot_be_deleted_are_shown_and_tried_with_a_back_off()
    {
        await using Broker broker = Open();
        await FillAsync(broker);
        int tries = 0;
        _storage.Deleting = path => path.Contains(".log.deleted", StringComparison.Ordinal) && ++tries > 0 ? new IoResult(13) : IoResult.Ok;
        Assert.True(broker.DeleteRecords(s_orders, 3).IsSuccess);
        _pump.Advance(CheckMs);
        tries = 0;
        for (int i = 0; i < 600; i++)
        {
            _pump.Advance(100);
        }

        HealthIssue issue = Assert.Single(broker.Health);
        Assert.Equal(("file deletion", s_orders), (issue.Component, issue.Partition));
        Assert.Contains("permission denied", issue.Reason);
        Assert.InRange(tries, 1, 3 * 30); // A minute: each five seconds, of three segments at most; 600 tries of each without a back-off.
        _storage.Deleting = null;
        _pump.Advance(RetryBackoff.LongestMs);
        Assert.Empty(broker.Health);
        Assert.DoesNotContain(Files("orders-0"), static name => name.EndsWith(".deleted", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_transaction_whose_end_failed_is_removed_from_the_issues_when_its_client_ends_it()
    {
        await using Broker broker = Open(new InlineHooks());
        Assert.True(broker.CreateTopic(new NewTopic("orders")).IsSuccess);
        InitProducerIdResult producer = Wait(broker.Transactions.InitProducerIdAsync("billing", 1000));
        Assert.Equal(ErrorCode.None, Wait(broker.Transactions.AddPartitionsAsync("billing", producer.ProducerId, producer.ProducerEpoch, [s_orders], TransactionVersion.V2)));
        await broker.AppendAsync(s_orders, Batches.OfProducer(producer.ProducerId, producer.ProducerEpoch, 0, isTransactional: true), Acks.Leader);
        _storage.Allocation = IoResult.NoSpace;
        for (int i = 0; i < 10_000; i++)
        {
            if (Wait(broker.Transactions.InitProducerIdAsync("other", 1000)).Error != ErrorCode.None)
            {
                break; // The file of the states has to grow now, and cannot.
            }
        }

        _pump.Advance(20_000);

        Assert.Contains(broker.Health, static issue => issue.Component == "transactions");
        _storage.Allocation = IoResult.Ok;
        Assert.Equal(ErrorCode.None, Wait(broker.Transactions.EndAsync("billing", producer.ProducerId, producer.ProducerEpoch, isCommit: true, TransactionVersion.V2)).Error);
        _pump.Advance(20_000);
        _pump.Advance(20_000);
        Assert.DoesNotContain(broker.Health, static issue => issue.Component == "transactions");
    }

    [Fact]
    public async Task A_flush_overtaken_by_a_deletion_is_not_an_issue_of_the_next_topic_of_that_name()
    {
        await using Broker broker = Open();
        await FillAsync(broker);
        PartitionLog log = broker.FindLog(s_orders)!;
        string? flushed = null;
        _storage.Flushing = path =>
        {
            if (flushed is null)
            {
                flushed = path;
                Assert.True(broker.DeleteTopicAsync("orders").AsTask().GetAwaiter().GetResult().IsSuccess);
                Assert.True(broker.CreateTopic(new NewTopic("orders")).IsSuccess);
            }
        };
        _storage.FlushOf = path => path == flushed ? IoResult.DeviceError : IoResult.Ok;
        Assert.False(log.Flusher.FlushNow().IsOk);
        (_storage.Flushing, _storage.FlushOf) = (null, null);
        Assert.Empty(broker.Health);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_failed_cleaning_is_removed_from_the_issues_if_the_log_is_not_cleaned_any_more(bool isDeleted)
    {
        await using Broker broker = Open();
        await FillAsync(broker, "compact", isKeyed: true);
        Assert.True(broker.FindLog(s_orders)!.Flusher.FlushNow().IsOk); // The first flush writes a file of the folder.
        _storage.Creation = IoResult.TooManyOpenFiles;
        for (int i = 0; i < 3; i++)
        {
            _pump.Advance(CheckMs);
        }

        _storage.Creation = IoResult.Ok;
        Assert.Contains(broker.Health, static issue => issue.Component == "cleaner" && issue.Partition == s_orders);
        Assert.True(isDeleted
            ? (await broker.DeleteTopicAsync("orders")).IsSuccess
            : broker.AlterTopicConfigs("orders", [new ConfigChange("cleanup.policy", "delete")]).IsSuccess);
        _pump.Advance(CheckMs);
        _pump.Advance(CheckMs);
        Assert.Empty(broker.Health);
    }

    [Fact]
    public async Task A_pause_of_the_largest_number_does_not_overflow()
    {
        var pump = new SteppedPump(_time);
        await using Broker broker = Broker.Open(new BrokerSettings
        {
            Storage = _memory,
            TimeProvider = _time,
            DutyPump = pump,
            LogRetentionCheckIntervalMs = long.MaxValue,
            LogCleanerBackoffMs = long.MaxValue,
            ProducerIdExpirationMs = long.MaxValue,
            TransactionalIdExpirationMs = long.MaxValue,
        });
        Assert.True(broker.CreateTopic(new NewTopic("orders") { Configs = new Dictionary<string, string> { ["flush.ms"] = $"{long.MaxValue}" } }).IsSuccess);
        await broker.AppendAsync(s_orders, Batches.Of("a"), Acks.Leader);
        for (int round = 0; round < 3; round++)
        {
            foreach (IDuty duty in pump.Duties)
            {
                duty.DoWork(_time.NowMs);
                Assert.True(duty.NextWorkMs > _time.NowMs, $"{duty.Name} is due at {duty.NextWorkMs}, and it is {_time.NowMs}.");
            }

            _time.Advance(3_600_000);
        }
    }

    public void Dispose() => _memory.Dispose();

    private T Wait<T>(ValueTask<T> task)
    {
        for (int step = 0; !task.IsCompleted; step++)
        {
            Assert.True(step < 1000, "The answer never comes.");
            _pump.Step();
        }

        return task.GetAwaiter().GetResult();
    }

    private static async Task FillAsync(Broker broker, string policy = "delete", bool isKeyed = false)
    {
        Assert.True(broker.CreateTopic(new NewTopic("orders")
        {
            Configs = new Dictionary<string, string> { ["segment.bytes"] = "200", ["retention.ms"] = "-1", ["file.delete.delay.ms"] = "0", ["cleanup.policy"] = policy, ["min.cleanable.dirty.ratio"] = "0" },
        }).IsSuccess);
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(ErrorCode.None, (await broker.AppendAsync(s_orders, isKeyed ? Keyed($"{i % 2}") : Batches.Of(new string('x', 50)), Acks.Leader)).Error);
        }
    }

    private static byte[] Keyed(string key)
    {
        var batch = new RecordBatchBuilder(new byte[300]);
        batch.Append(SteppedTime.Start, Encoding.UTF8.GetBytes(key), isKeyNull: false, new byte[50], isValueNull: false);
        return batch.Build().ToArray();
    }

    private IReadOnlyList<string> Folders() => Files("");

    private IReadOnlyList<string> Files(string folder)
    {
        Assert.True(_memory.List(folder, out IReadOnlyList<string> names).IsOk);
        return names;
    }

    private Broker Open(LogHooks? hooks = null) => Broker.Open(new BrokerSettings
    {
        Storage = _storage,
        TimeProvider = _time,
        DutyPump = _pump,
        RandomSeed = 1,
        Hooks = hooks,
        LogRetentionCheckIntervalMs = CheckMs,
        LogFlushOffsetCheckpointIntervalMs = 60 * CheckMs,
        LogCleanerBackoffMs = CheckMs,
    });
}
