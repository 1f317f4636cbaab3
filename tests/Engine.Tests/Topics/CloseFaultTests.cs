using Engine.Tests.Support;
using Microsoft.Extensions.Logging;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Engine.Tests.Topics;

/// <summary>
/// A close or a deletion in which something throws, and a startup that fails: the rest
/// is closed, and nothing counts as clean that is not.
/// </summary>
public sealed class CloseFaultTests : IDisposable
{
    private const string CleanMarker = ".kafka_cleanshutdown";
    private static readonly TopicPartition s_bad = new("bad", 0);
    private static readonly TopicPartition s_good = new("good", 0);
    private readonly MemoryStorage _memory = new();
    private readonly FaultyStorage _storage;
    private readonly LogLines _lines = new();

    public CloseFaultTests() => _storage = new FaultyStorage(_memory);

    [Fact]
    public async Task A_log_that_throws_at_the_close_keeps_no_other_from_being_closed()
    {
        Broker broker = await OpenAndFillAsync();
        _storage.Throwing = static (operation, path) => operation == "flush" && path.StartsWith("bad-0/", StringComparison.Ordinal) ? new OutOfMemoryException("no memory") : null;
        await broker.DisposeAsync();
        _storage.Throwing = null;
        Assert.NotEmpty(_lines.Of(LogLevel.Error, "Closing the log bad-0 failed"));
        Assert.DoesNotContain(CleanMarker, Names(""));
        Assert.Equal(Batches.Of("good").Length, _memory.LengthOf($"good-0/{LogFiles.Segment(0)}")); // Cut to what it holds, and flushed.
        Assert.Equal(0, _storage.OpenFiles);
        await using Broker reopened = Open();
        Assert.Equal("bad", Assert.Single(await reopened.ReadAllAsync(s_bad)).Value);
        Assert.Equal("good", Assert.Single(await reopened.ReadAllAsync(s_good)).Value);
    }

    [Fact]
    public async Task A_log_that_throws_when_its_topic_is_deleted_does_not_keep_the_topic_undeleted_and_unclosed()
    {
        var hooks = new CallingHooks();
        Broker broker = await OpenAndFillAsync(hooks);
        hooks.OnNext(LogPoint.CloseSealed, static () => throw new OutOfMemoryException("no memory"));
        Assert.True((await broker.DeleteTopicAsync("bad")).IsSuccess);
        Assert.True(broker.CreateTopic(new NewTopic("bad")).IsSuccess);
        await broker.DisposeAsync();
        Assert.Equal(0, _storage.OpenFiles);
        var time = new SteppedTime();
        var pump = new SteppedPump(time);
        await using Broker reopened = Open(pump: pump, time: time);
        Assert.Empty(await reopened.ReadAllAsync(s_bad));
        pump.Step(); // The files of a deleted topic are deleted in the background.
        Assert.DoesNotContain(Names(""), static name => name.EndsWith("-delete", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_duty_that_cannot_be_stopped_keeps_no_log_from_being_closed()
    {
        var time = new SteppedTime();
        var pump = new ThrowingPump(new SteppedPump(time), "zurau-retention");
        Broker broker = await OpenAndFillAsync(pump: pump, time: time);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await broker.DisposeAsync());
        Assert.Equal(0, _storage.OpenFiles);
        Assert.Equal(pump.Started, pump.Stopped);
        Assert.DoesNotContain(CleanMarker, Names(""));
        await using Broker reopened = Open();
        Assert.Equal("good", Assert.Single(await reopened.ReadAllAsync(s_good)).Value);
    }

    [Fact]
    public async Task A_startup_that_fails_leaves_no_file_open()
    {
        Broker broker = await OpenAndFillAsync();
        Assert.Equal(ErrorCode.None, (await broker.Groups.CommitOffsetsAsync("billing", "", -1, [KeyValuePair.Create(s_good, new OffsetAndMetadata(1))]))[0].Error);
        await broker.DisposeAsync();
        _memory.Flip($"__consumer_offsets-0/{LogFiles.Segment(0)}", 70); // Found when the groups are loaded.
        Assert.Throws<StorageException>(() => Open());
        Assert.Equal(0, _storage.OpenFiles);
        _memory.Flip($"__consumer_offsets-0/{LogFiles.Segment(0)}", 16); // Found when the log is opened, after other logs.
        Assert.Throws<StorageException>(() => Open());
        Assert.Equal(0, _storage.OpenFiles);
        Assert.True(_memory.Rename("__consumer_offsets-0", "aside").IsOk);
        Assert.True(_memory.Open("producer-ids.checkpoint", FileOpening.New, out IStorageFile? empty).IsOk); // Found after the logs.
        empty!.Dispose();
        Assert.Throws<StorageException>(() => Open());
        Assert.Equal(0, _storage.OpenFiles);
    }

    [Fact]
    public async Task A_request_that_a_close_overtakes_writes_nothing_any_more()
    {
        var hooks = new CallingHooks();
        Broker broker = await OpenAndFillAsync(hooks);
        Dictionary<string, byte[]>? closed = null;
        hooks.OnNext(LogPoint.StartMoved, () =>
        {
            broker.DisposeAsync().AsTask().GetAwaiter().GetResult();
            closed = Names("").ToDictionary(static name => name, name => WholeFile.Read(_memory, name) ?? []);
            _memory.Acquire(); // Another broker has acquired the directory.
            _memory.Release();
        });
        Assert.False(broker.DeleteRecords(s_good, 1).IsSuccess);
        Assert.Equal(closed!, Names("").ToDictionary(static name => name, name => WholeFile.Read(_memory, name) ?? []));
    }

    [Fact]
    public async Task Records_of_a_topic_that_is_created_again_with_fewer_partitions_while_they_are_deleted_stay()
    {
        var hooks = new CallingHooks();
        await using Broker broker = await OpenAndFillAsync(hooks);
        TopicPartition last = s_good with { Partition = 1 };
        await broker.AppendAsync(last, Batches.Of("old"), Acks.Leader);
        hooks.OnNext(LogPoint.StartMoved, () =>
        {
            Assert.True(broker.DeleteTopicAsync("good").AsTask().GetAwaiter().GetResult().IsSuccess);
            Assert.True(broker.CreateTopic(new NewTopic("good", 1)).IsSuccess);
        });
        ErrorResult result = broker.DeleteRecords(last, 1); // Of a topic that is deleted: nothing is left to be deleted.
        Assert.True(result.IsSuccess || result.Error == ErrorCode.UnknownTopicOrPartition, $"{result}");
    }

    public void Dispose() => _memory.Dispose();

    private async Task<Broker> OpenAndFillAsync(LogHooks? hooks = null, IDutyPump? pump = null, SteppedTime? time = null)
    {
        time ??= new SteppedTime();
        Broker broker = Open(hooks, pump ?? new SteppedPump(time), time);
        Assert.True(broker.CreateTopic(new NewTopic("bad")).IsSuccess);
        Assert.True(broker.CreateTopic(new NewTopic("good", 2)).IsSuccess);
        await broker.AppendAsync(s_bad, Batches.Of("bad"), Acks.Leader);
        await broker.AppendAsync(s_good, Batches.Of("good"), Acks.Leader);
        return broker;
    }

    private Broker Open(LogHooks? hooks = null, IDutyPump? pump = null, SteppedTime? time = null) => Broker.Open(new BrokerSettings
    {
        Storage = _storage,
        DutyPump = pump,
        TimeProvider = time ?? TimeProvider.System,
        RandomSeed = 1,
        Hooks = hooks,
        LoggerFactory = _lines,
    });

    private IReadOnlyList<string> Names(string folder)
    {
        Assert.True(_memory.List(folder, out IReadOnlyList<string> names).IsOk);
        return names;
    }

    /// <summary>Throws when one duty is stopped.</summary>
    private sealed class ThrowingPump(SteppedPump inner, string name) : IDutyPump
    {
        private string ThrowingName => name;

        internal HashSet<string> Started { get; } = [];

        internal HashSet<string> Stopped { get; } = [];

        public long NowMs => inner.NowMs;

        public IDutyHandle Start(IDuty duty)
        {
            Started.Add(duty.Name);
            return new Handle(this, inner.Start(duty), duty.Name);
        }

        private sealed class Handle(ThrowingPump pump, IDutyHandle inner, string duty) : IDutyHandle
        {
            public void Wake() => inner.Wake();

            public void Dispose()
            {
                inner.Dispose();
                pump.Stopped.Add(duty);
                if (duty == pump.ThrowingName)
                {
                    throw new InvalidOperationException("cannot be stopped");
                }
            }
        }
    }
}
