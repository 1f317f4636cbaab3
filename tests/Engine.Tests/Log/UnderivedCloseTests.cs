using Engine.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>
/// A log whose indexes and producers do not follow its records to the end does not pass
/// for one that was closed cleanly.
/// </summary>
public sealed class UnderivedCloseTests
{
    [Fact]
    public void Aborted_records_stay_invisible_after_a_close_of_a_log_whose_derived_state_had_stopped()
    {
        var hooks = new CallingHooks();
        using var life = new BrokerLife(hooks);
        Assert.True(life.Broker.CreateTopic(new NewTopic("orders") { Configs = new Dictionary<string, string> { ["segment.bytes"] = "100000" } }).IsSuccess);
        for (int i = 0; i < 100; i++)
        {
            Append(life, $"{i}"); // So many that the offset index has entries, which a startup relies on.
        }

        hooks.OnNext(LogPoint.IndexerRead, static () => throw new OutOfMemoryException());
        Append(life, "last derived");
        var client = new TransactionalClient(life, "billing");
        Assert.Equal(ErrorCode.None, client.Init());
        Assert.Equal(ErrorCode.None, client.Send(BrokerExtensions.Orders, "aborted"));
        Assert.Equal(ErrorCode.None, client.End(isCommit: false));
        Append(life, "after it");
        life.Restart(isClean: true);
        life.Settle();
        List<string> values = life.ReadCommitted(BrokerExtensions.Orders);
        Assert.DoesNotContain("aborted", values);
        Assert.Contains("after it", values);
        life.Restart(isClean: true);
        Assert.Equal(values, life.ReadCommitted(BrokerExtensions.Orders));
    }

    [Fact]
    public void Derived_state_that_could_not_read_a_segment_follows_without_another_append_and_is_shown_until_then()
    {
        using var memory = new MemoryStorage();
        var storage = new FaultyStorage(memory);
        var hooks = new CallingHooks();
        PartitionLog log = Open(storage, hooks, out HealthLog health);
        Assert.Equal(ErrorCode.None, log.Append(Batches.Of("a")).Error);
        LogSegment first = log.Active;
        hooks.OnNext(LogPoint.IndexerEntered, () =>
        {
            Assert.True(log.Flusher.FlushNow().IsOk);
            first.IndexFilesState = IndexFilesState.Written;
            Assert.True(first.TryEvict());
            storage.Mapping = IoResult.TooManyOpenFiles;
        });
        Assert.True(log.Upkeep.Roll(first).IsOk);
        Assert.Equal(0, log.Upkeep.FinalEnd); // It has not passed the first segment.
        Assert.Contains("too many open files", Assert.Single(health.Snapshot()).Reason);
        storage.Mapping = IoResult.Ok;
        Assert.True(log.FlushSealed().IsOk);
        Assert.Equal(1, log.Upkeep.FinalEnd);
        Assert.Empty(health.Snapshot());
        log.Release();
    }

    [Fact]
    public void A_log_whose_derived_state_lags_at_the_close_is_read_again_at_the_next_startup()
    {
        using var memory = new MemoryStorage();
        var storage = new FaultyStorage(memory);
        var hooks = new CallingHooks();
        PartitionLog log = Open(storage, hooks, out _);
        Assert.Equal(ErrorCode.None, log.Append(Batches.OfProducer(7, 0, 0)).Error);
        LogSegment first = log.Active;
        hooks.OnNext(LogPoint.IndexerEntered, () =>
        {
            Assert.True(log.Flusher.FlushNow().IsOk);
            first.IndexFilesState = IndexFilesState.Written;
            Assert.True(first.TryEvict());
            storage.Mapping = IoResult.TooManyOpenFiles;
        });
        Assert.True(log.Upkeep.Roll(first).IsOk);
        Assert.True(log.Close().IsOk);
        Assert.False(log.IsIndexed); // So the engine leaves no clean marker.
        log.Release();
        memory.List(Logs.Directory, out IReadOnlyList<string> names);
        Assert.DoesNotContain(names, static name => name.EndsWith(ProducerSnapshot.Suffix, StringComparison.Ordinal));
    }

    [Fact]
    public void Producers_that_are_forgotten_take_no_memory_in_a_log_that_begins_no_new_segment()
    {
        using var storage = new MemoryStorage();
        PartitionLog log = Logs.Open(storage);
        for (int producer = 0; producer < 1000; producer++)
        {
            Assert.Equal(ErrorCode.None, log.Append(Batches.OfProducer(producer, 0, 0)).Error);
        }

        var wall = ExpiryTime.Exactly(log.NowMs);
        Assert.Equal(0, log.ExpireProducers(0, 1000, wall));
        Assert.Equal(ErrorCode.None, log.Append(Batches.OfProducer(7, 0, 1)).Error); // It has come back.
        Assert.Equal(999, log.ExpireProducers(1000, 1000, wall));
        Assert.Equal([7L], log.Producers.All.Select(static producer => producer.ProducerId));
        Assert.Equal([7L], log.Upkeep.CopyProducers()!.Keys);
        Assert.True(log.Close().IsOk);
        log.Release();
        PartitionLog again = Logs.Open(storage, inputs: RecoveryInputs.CleanShutdown);
        Assert.Equal([7L], again.Producers.All.Select(static producer => producer.ProducerId));
        again.Release();
    }

    [Fact]
    public async Task Appends_that_wait_for_nothing_ask_for_one_flush_until_it_begins()
    {
        using var memory = new MemoryStorage();
        var storage = new FaultyStorage(memory);
        var time = new SteppedTime();
        var pump = new SteppedPump(time);
        await using Broker broker = Broker.Open(new BrokerSettings { Storage = storage, TimeProvider = time, DutyPump = pump });
        Assert.True(broker.CreateTopic(new NewTopic("orders") { Configs = new Dictionary<string, string> { ["flush.messages"] = "1" } }).IsSuccess);
        Assert.True(broker.FindLog(BrokerExtensions.Orders)!.Flusher.FlushNow().IsOk); // The first one flushes files of the folder too.
        for (int round = 1; round <= 3; round++)
        {
            int flushes = storage.Flushes;
            for (int i = 0; i < 1000; i++)
            {
                Assert.Equal(ErrorCode.None, (await broker.AppendAsync(BrokerExtensions.Orders, Batches.Of("x"), Acks.None)).Error);
            }

            pump.Step();
            Assert.Equal(1, storage.Flushes - flushes); // One for each append, and a queue of as many, without a bound.
            Assert.Equal(round * 1000, broker.FindLog(BrokerExtensions.Orders)!.Flusher.DurableEnd);
        }
    }

    private static PartitionLog Open(IStorage storage, LogHooks hooks, out HealthLog health)
    {
        health = Logs.Health;
        storage.CreateDirectory(Logs.Directory);
        var settings = new LogSettings { Hooks = hooks };
        RecoveredLog recovered = new LogRecovery(storage, Logs.Directory, settings, RecoveryInputs.None, TimeProvider.System, NullLogger.Instance).Open();
        return new PartitionLog(new LogContext(storage, BrokerExtensions.Orders, Logs.Directory, settings, TimeProvider.System, health), recovered);
    }

    private static void Append(BrokerLife life, string value) =>
        Assert.Equal(ErrorCode.None, life.Wait(life.Broker.AppendAsync(BrokerExtensions.Orders, Batches.Of(value), Acks.Leader)).Error);
}
