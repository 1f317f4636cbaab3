using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;
using Zurau.Testing.Simulation;

namespace Simulation.Tests.Disk;

/// <summary>
/// A kill leaves unflushed directory changes in the page cache: the next startup must
/// not rely on them.
/// </summary>
public sealed class StartAfterKillTests
{
    private static readonly TopicPartition s_orders = new("orders", 0);

    // K6: the marker's deletion was made, and not flushed, by a start that was killed.
    [Fact]
    public void A_clean_marker_that_a_killed_start_deleted_does_not_come_back() => Disks.ForSeeds(40, static seed =>
    {
        using var disk = new SimDisk(new SimRandom(seed), DiskProfile.Nasty);
        using (Life life = new(disk))
        {
            Assert.True(life.Broker.CreateTopic(new NewTopic("orders")).IsSuccess);
            life.Append("a", Acks.All);
            life.Broker.DisposeAsync().AsTask().Wait();
        }

        KillAt(disk, DiskOperation.SyncDirectory, static disk => new Life(disk));
        using (Life life = new(disk))
        {
            life.Append("b", Acks.All);
            disk.PowerLoss([]);
        }

        Assert.Null(disk.ReadFile(".kafka_cleanshutdown"));
    });

    // K1: the topic was created, and its name not flushed, by a process that was killed.
    [Fact]
    public void Records_of_a_topic_whose_creation_was_killed_are_as_durable_as_others() => AssertDurable("", static life =>
        Assert.True(life.Broker.CreateTopic(new NewTopic("other")).IsSuccess), static _ => { });

    // K1: the same for the names of its files: without a list of topics, folders say which there are.
    [Fact]
    public void Records_of_a_folder_whose_creation_was_killed_are_as_durable_as_others() => AssertDurable("orders-0", static _ => { }, static storage =>
        Assert.True(storage.Delete("topics.checkpoint").IsOk));

    private static void AssertDurable(string killedDirectory, Action<Life> prepare, Action<IStorage> betweenLives) => Disks.ForSeeds(60, seed =>
    {
        using var disk = new SimDisk(new SimRandom(seed), DiskProfile.Nasty);
        using (Life life = new(disk))
        {
            prepare(life);
            bool isWritten = false;
            disk.Calling = call =>
            {
                isWritten |= killedDirectory.Length == 0
                    ? call is { Operation: DiskOperation.Write, Path: "topics.journal" }
                    : call.Path.StartsWith("orders-0/", StringComparison.Ordinal);
                KillIf(disk, isWritten && (killedDirectory.Length == 0
                    ? call is { Operation: DiskOperation.Flush, Path: "topics.journal" }
                    : call == new DiskCall(DiskOperation.SyncDirectory, "", 0, 0)));
            };
            Assert.Throws<ProcessDeadException>(() => life.Broker.CreateTopic(new NewTopic("orders")));
            disk.Calling = null;
            betweenLives(disk.Boot());
        }

        using (Life life = new(disk))
        {
            life.Append("a", Acks.All);
            disk.PowerLoss([]);
        }

        using Life last = new(disk);
        Assert.True(last.Broker.ListOffsets(s_orders, out _, out long end).IsSuccess);
        Assert.Equal(1, end);
    });

    // K6: the power fails at any call of the start that finishes a deletion.
    [Fact]
    public void A_topic_whose_deletion_was_interrupted_is_deleted_or_whole()
    {
        for (int crash = 1; crash <= 60; crash++)
        {
            using var disk = new SimDisk(new SimRandom((ulong)crash), DiskProfile.Nasty);
            using (Life life = new(disk))
            {
                Assert.True(life.Broker.CreateTopic(new NewTopic("orders", 2)).IsSuccess);
                life.Append("a", Acks.All);
                disk.Calling = call => KillIf(disk, call.Path.StartsWith("topics.journal", StringComparison.Ordinal));
                Assert.Throws<ProcessDeadException>(() => life.Broker.DeleteTopicAsync("orders").AsTask().GetAwaiter().GetResult());
            }

            int calls = crash;
            disk.Calling = _ =>
            {
                if (--calls == 0)
                {
                    disk.PowerLoss([]);
                }
            };
            bool isDead = Record.Exception(() => new Life(disk)) is ProcessDeadException;
            Assert.Equal(calls <= 0, isDead);
            disk.Calling = null;
            using Life last = new(disk);
            bool exists = last.Broker.DescribeTopic("orders", autoCreate: false, out _).IsSuccess;
            Assert.Equal(exists, last.Broker.ListOffsets(s_orders, out _, out long end).IsSuccess);
            Assert.Equal(exists ? 1 : -1, end);
            last.Run(); // What deletes the files afterwards.
            Assert.Equal(exists, disk.Snapshot().Files.Keys.Any(static path => path.StartsWith("orders-", StringComparison.Ordinal)));
        }
    }

    // L1: offsets of deleted records are not given out again.
    [Fact]
    public void The_start_that_DeleteRecords_answered_holds_after_a_power_loss() => Disks.ForSeeds(20, static seed =>
    {
        using var disk = new SimDisk(new SimRandom(seed), DiskProfile.Sequential);
        using (Life life = new(disk))
        {
            Assert.True(life.Broker.CreateTopic(new NewTopic("orders")).IsSuccess);
            life.Append("a", Acks.Leader);
            life.Append("b", Acks.Leader);
            Assert.True(life.Broker.DeleteRecords(s_orders, 2).IsSuccess);
            disk.PowerLoss([]);
        }

        using Life last = new(disk);
        Assert.True(last.Broker.ListOffsets(s_orders, out long start, out long end).IsSuccess);
        Assert.Equal((2, 2), (start, end));
    });

    private static void KillIf(SimDisk disk, bool isDue)
    {
        if (isDue)
        {
            disk.Kill([]);
        }
    }

    private static void KillAt(SimDisk disk, DiskOperation operation, Func<SimDisk, IDisposable> act)
    {
        disk.Calling = call =>
        {
            if (call.Operation == operation)
            {
                disk.Kill([]);
            }
        };
        Assert.Throws<ProcessDeadException>(() => act(disk));
        disk.Calling = null;
    }

    /// <summary>One life of a broker.</summary>
    private sealed class Life : IDisposable
    {
        private readonly SteppedPump _pump;

        internal Life(SimDisk disk)
        {
            var time = new SimTime();
            _pump = new SteppedPump(time);
            Broker = Broker.Open(new BrokerSettings { Storage = disk.Boot(), TimeProvider = time, DutyPump = _pump, RandomSeed = 1, LogSegmentBytes = 4096 });
        }

        internal Broker Broker { get; }

        internal void Run() => _pump.Run();

        internal void Append(string value, Acks acks)
        {
            var builder = new RecordBatchBuilder(new byte[256]);
            builder.Append(1, default, isKeyNull: true, System.Text.Encoding.UTF8.GetBytes(value), isValueNull: false);
            Task<AppendResult> append = Broker.AppendAsync(s_orders, builder.Build().ToArray(), acks).AsTask();
            _pump.Run();
            Assert.True(append.Wait(TimeSpan.FromSeconds(60)));
            Assert.Equal(ErrorCode.None, append.Result.Error);
        }

        public void Dispose()
        {
            // Dead, or closed; there is nothing to wait for.
        }
    }
}
