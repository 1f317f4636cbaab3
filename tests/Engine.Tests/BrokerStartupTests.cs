using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Coordination;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Engine.Tests;

/// <summary>
/// The steps of a startup, and the order in which duties start and stop.
/// </summary>
public sealed class BrokerStartupTests : IDisposable
{
    private const string GroupSegment = "__consumer_offsets-0/00000000000000000000.log";
    private static readonly TopicPartition s_orders = BrokerExtensions.Orders;
    private readonly MemoryStorage _memory = new();
    private readonly FaultyStorage _storage;
    private readonly SteppedTime _time = new();
    private readonly RecordingPump _pump;

    public BrokerStartupTests()
    {
        _storage = new FaultyStorage(_memory);
        _pump = new RecordingPump(new SteppedPump(_time));
    }

    [Fact]
    public async Task Duties_stop_in_the_opposite_order_of_their_start()
    {
        Broker broker = Open();
        Assert.Equal(
            [
                "zurau-flush-0", "zurau-flush-1", "zurau-flush-2", "zurau-flush-3", "zurau-transactions", "zurau-groups", "zurau-prefault", "zurau-deletion",
                "zurau-checkpoint", "zurau-flush-ms", "zurau-retention", "zurau-cleaner", "zurau-producer-expiry",
            ],
            _pump.Started);
        await broker.DisposeAsync();
        Assert.Equal(
            [
                "zurau-producer-expiry", "zurau-cleaner", "zurau-retention", "zurau-flush-ms", "zurau-checkpoint",
                "zurau-deletion", "zurau-prefault", "zurau-groups", "zurau-transactions", "zurau-flush-0", "zurau-flush-1", "zurau-flush-2", "zurau-flush-3",
            ],
            _pump.Stopped);
    }

    [Fact]
    public async Task A_disabled_cleaner_is_not_started()
    {
        await using Broker broker = Broker.Open(Settings(_storage, _pump) with { LogCleanerEnable = false });
        Assert.DoesNotContain("zurau-cleaner", _pump.Started);
        Assert.Contains("zurau-producer-expiry", _pump.Started);
    }

    [Theory]
    [InlineData("lock the directory", false, "the directory is in use")]
    [InlineData("read markers: epoch", false, "'leader-epoch.checkpoint'")]
    [InlineData("read markers: identity", false, "'meta.properties'")]
    [InlineData("read markers: clean shutdown", true, "'.kafka_cleanshutdown'")]
    [InlineData("open topics", false, "'topics.checkpoint'")]
    [InlineData("load groups", true, "'__consumer_offsets-0'")]
    [InlineData("load transactions", true, "'__transaction_state-0'")]
    [InlineData("clamp offsets", false, "reset in __consumer_offsets-0")]
    [InlineData("load producer ids", false, "'producer-ids.checkpoint'")]
    [InlineData("start duties: zurau-flush-2", false, "zurau-flush-2")]
    [InlineData("start duties: zurau-retention", false, "zurau-retention")]
    [InlineData("start duties: zurau-producer-expiry", false, "zurau-producer-expiry")]
    public async Task A_step_that_fails_leaves_nothing_open_locked_or_running(string step, bool isClean, string subject)
    {
        await FillAsync(isClean);
        Action repair = Plant(step);
        Exception? failure = Record.Exception(() => Open());
        Assert.NotNull(failure);
        Assert.Contains(subject, failure.Message, StringComparison.Ordinal);
        Assert.Equal((0, 0), (_storage.OpenFiles, _storage.Locks));
        Assert.Equal(_pump.Started.Order(StringComparer.Ordinal), _pump.Stopped.Order(StringComparer.Ordinal));

        repair();
        await using Broker broker = Open();
        Assert.Equal(1, _storage.Locks);
        Assert.Equal("kept", Assert.Single(await broker.ReadAllAsync(s_orders)).Value);
        long? committed = broker.Groups.FetchOffsets("billing", [s_orders])[0].Committed?.Offset;
        Assert.Equal(step == "load groups" ? null : isClean && step != "load transactions" ? 100 : 1, committed);
        Assert.Equal(step == "load transactions" ? [] : ["id"], broker.Transactions.List().Select(static id => id.TransactionalId));
    }

    public void Dispose() => _memory.Dispose();

    /// <summary>Lets a step fail; returns what makes it succeed again.</summary>
    private Action Plant(string step)
    {
        switch (step)
        {
            case "lock the directory":
                _storage.Throwing = static (operation, _) => operation == "lock" ? new StorageException("the directory is in use") : null;
                return () => _storage.Throwing = null;
            case "read markers: epoch":
                return FailToOpen("leader-epoch.checkpoint");
            case "read markers: identity":
                return FailToOpen("meta.properties");
            case "read markers: clean shutdown":
                _storage.Deleting = static path => path == ".kafka_cleanshutdown" ? IoResult.DeviceError : IoResult.Ok;
                return () => _storage.Deleting = null;
            case "open topics":
                return FailToOpen("topics.checkpoint");
            case "load groups":
                return AppendUnreadable(new TopicPartition("__consumer_offsets", 0), OffsetRecords.Key("billing", s_orders));
            case "load transactions":
                return AppendUnreadable(new TopicPartition("__transaction_state", 0), TransactionRecords.Key("id"));
            case "clamp offsets":
                int flushes = 0; // The first one is of the recovery.
                _storage.FlushOf = path => path == GroupSegment && flushes++ > 0 ? IoResult.DeviceError : IoResult.Ok;
                return () => _storage.FlushOf = null;
            case "load producer ids":
                return FailToOpen("producer-ids.checkpoint");
            default:
                _pump.Refused = step.Split(' ')[^1];
                return () => _pump.Refused = null;
        }
    }

    private Action FailToOpen(string file)
    {
        _storage.Failing = (operation, path) => operation == "open" && path == file ? IoResult.DeviceError : IoResult.Ok;
        return () => _storage.Failing = null;
    }

    /// <summary>Appends a record that the log accepts and the coordinator cannot read; moving the folder away helps.</summary>
    private Action AppendUnreadable(TopicPartition partition, byte[] key)
    {
        Broker broker = Broker.Open(Settings(_memory, new SteppedPump(_time)));
        var batch = new RecordBatchBuilder(new byte[512]);
        batch.Append(0, key, isKeyNull: false, [0, 99], isValueNull: false);
        Assert.Equal(ErrorCode.None, broker.FindLog(partition)!.Append(batch.Build(), AppendOrigin.Coordinator).Error);
        Assert.True(broker.DisposeAsync().IsCompletedSuccessfully);
        return () => Assert.True(_memory.Rename($"{partition.Topic}-0", "aside").IsOk);
    }

    /// <summary>Fills the directory; without a clean shutdown a committed offset is above its log's end.</summary>
    private async Task FillAsync(bool isClean)
    {
        var pump = new SteppedPump(_time);
        Broker broker = Broker.Open(Settings(_memory, pump));
        Assert.True(broker.CreateTopic(new NewTopic("orders")).IsSuccess);
        await broker.AppendAsync(s_orders, Batches.Of("kept"), Acks.Leader);
        Assert.Equal(ErrorCode.None, (await broker.Groups.CommitOffsetsAsync("billing", "", -1, [KeyValuePair.Create(s_orders, new OffsetAndMetadata(100))]))[0].Error);
        ValueTask<InitProducerIdResult> producer = broker.Transactions.InitProducerIdAsync("id", 60_000);
        pump.Step();
        Assert.Equal(ErrorCode.None, (await producer).Error);
        if (isClean)
        {
            await broker.DisposeAsync();
        }
        else
        {
            _memory.Release(); // As if the process had been killed: nothing is closed.
        }
    }

    private Broker Open() => Broker.Open(Settings(_storage, _pump));

    private BrokerSettings Settings(IStorage storage, IDutyPump pump) => new()
    {
        Storage = storage,
        DutyPump = pump,
        TimeProvider = _time,
        RandomSeed = 1,
        OffsetsTopicNumPartitions = 1,
        TransactionStateLogNumPartitions = 1,
    };

    /// <summary>Records the order of starts and stops, and may refuse to start one duty.</summary>
    private sealed class RecordingPump(SteppedPump inner) : IDutyPump
    {
        internal List<string> Started { get; } = [];

        internal List<string> Stopped { get; } = [];

        internal string? Refused { get; set; }

        public long NowMs => inner.NowMs;

        public IDutyHandle Start(IDuty duty)
        {
            if (duty.Name == Refused)
            {
                throw new InvalidOperationException($"{duty.Name} cannot be started");
            }

            Started.Add(duty.Name);
            return new Handle(inner.Start(duty), () => Stopped.Add(duty.Name));
        }

        private sealed class Handle(IDutyHandle inner, Action stopped) : IDutyHandle
        {
            public void Wake() => inner.Wake();

            public void Dispose()
            {
                inner.Dispose();
                stopped();
            }
        }
    }
}
