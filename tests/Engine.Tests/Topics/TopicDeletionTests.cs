using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Storage;
using Zurau.Engine.Topics;
using Zurau.Testing.Simulation;

namespace Engine.Tests.Topics;

/// <summary>
/// A deletion is answered when it is marked, durably; its files are deleted afterwards.
/// </summary>
public sealed class TopicDeletionTests
{
    private const int Partitions = 3;
    private static readonly TopicPartition s_orders = BrokerExtensions.Orders;

    public static TheoryData<string> Honest => [.. DiskProfile.All.Where(static profile => profile.LostFlushRate == 0).Select(static profile => profile.Name)];

    [Fact]
    public async Task A_deletion_is_answered_before_its_files_are_deleted_and_the_name_can_be_used_at_once() // S15
    {
        using var memory = new MemoryStorage();
        (FaultyStorage storage, SteppedTime time) = (new FaultyStorage(memory), new SteppedTime());
        var pump = new SteppedPump(time);
        await using Broker broker = Open(storage, time, pump);
        broker.CreateTopic(new NewTopic("orders", Partitions));
        await broker.AppendAsync(s_orders, Batches.Of("old"), Acks.Leader);
        int flushes = storage.Flushes;
        Assert.True((await broker.DeleteTopicAsync("orders")).IsSuccess);
        Assert.Equal(1, storage.Flushes - flushes); // Of the mark; none for each partition.
        Assert.Equal(Partitions, Folders(memory).Count(static name => name.EndsWith("-delete", StringComparison.Ordinal)));
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, (await broker.AppendAsync(s_orders, Batches.Of("late"), Acks.Leader)).Error);

        Assert.True(broker.CreateTopic(new NewTopic("orders", 1)).IsSuccess);
        await broker.AppendAsync(s_orders, Batches.Of("new"), Acks.Leader);
        pump.Step();
        Assert.Equal(["orders-0"], Folders(memory).Where(static name => name.StartsWith("orders", StringComparison.Ordinal)));
        Assert.Equal("new", Assert.Single(await broker.ReadAllAsync(s_orders)).Value);
    }

    [Fact]
    public async Task A_fetch_that_waits_is_answered_when_its_topic_is_deleted()
    {
        using var memory = new MemoryStorage();
        var time = new SteppedTime();
        await using Broker broker = Open(memory, time, new SteppedPump(time));
        broker.CreateTopic(new NewTopic("orders"));
        Task<FetchResponse> fetch = broker.FetchAsync(new FetchRequest { Partitions = [new FetchPartition(s_orders, 0)], MaxWaitMs = 60_000 }).AsTask();
        Assert.True((await broker.DeleteTopicAsync("orders")).IsSuccess);
        using FetchResponse response = await fetch.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, response.Partitions[0].Error);
    }

    [Fact]
    public async Task Files_that_cannot_be_deleted_are_tried_again_later_each_time_and_hold_up_no_other_topic()
    {
        using var memory = new MemoryStorage();
        (FaultyStorage storage, SteppedTime time) = (new FaultyStorage(memory), new SteppedTime());
        var pump = new SteppedPump(time);
        await using Broker broker = Open(storage, time, pump);
        broker.CreateTopic(new NewTopic("orders"));
        broker.CreateTopic(new NewTopic("other"));
        int tries = 0;
        storage.Deleting = path => path.StartsWith("orders", StringComparison.Ordinal) && ++tries > 0 ? IoResult.DeviceError : IoResult.Ok;
        Assert.True((await broker.DeleteTopicAsync("orders")).IsSuccess);
        Assert.True((await broker.DeleteTopicAsync("other")).IsSuccess);
        pump.Step();
        Assert.Equal(1, tries);
        Assert.DoesNotContain(Folders(memory), static name => name.StartsWith("other", StringComparison.Ordinal));
        for (int failures = 1; failures <= 3; failures++)
        {
            int pauseMs = DeletionDuty.FirstPauseMs << (failures - 1);
            pump.Advance(pauseMs - 1);
            Assert.Equal(failures, tries);
            pump.Advance(1);
            Assert.Equal(failures + 1, tries);
        }

        for (int i = 0; i < 2 * DeletionDuty.MaxFailures; i++)
        {
            pump.Advance(DeletionDuty.LongestPauseMs);
        }

        Assert.Equal(DeletionDuty.MaxFailures, tries);
        storage.Deleting = null;
        await broker.DisposeAsync();
        await using Broker reopened = Open(storage, time, pump);
        pump.Step();
        Assert.DoesNotContain(Folders(memory), static name => name.StartsWith("orders", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_topic_whose_folders_cannot_be_renamed_is_not_answered_as_deleted_and_its_name_is_kept_until_they_can()
    {
        using var memory = new MemoryStorage();
        (FaultyStorage storage, SteppedTime time) = (new FaultyStorage(memory), new SteppedTime());
        var pump = new SteppedPump(time);
        await using Broker broker = Open(storage, time, pump);
        broker.CreateTopic(new NewTopic("orders", Partitions));
        storage.Renaming = static path => _ = path.StartsWith("orders-1.", StringComparison.Ordinal) ? throw new StorageException("the disk is ill") : 0;
        ErrorResult result = await broker.DeleteTopicAsync("orders");
        Assert.Equal(ErrorCode.KafkaStorageError, result.Error);
        Assert.Contains("the disk is ill", result.Message);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, broker.DescribeTopic("orders", autoCreate: false, out _).Error);
        Assert.Equal(ErrorCode.TopicAlreadyExists, broker.CreateTopic(new NewTopic("orders")).Error);
        storage.Renaming = null;
        pump.Advance(DeletionDuty.LongestPauseMs);
        Assert.True(broker.CreateTopic(new NewTopic("orders")).IsSuccess);
        pump.Step();
        Assert.Equal(["orders-0"], Folders(memory).Where(static name => name.StartsWith("orders", StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Honest))]
    public void A_power_cut_at_any_step_of_a_deletion_leaves_the_topic_deleted_or_whole(string profile) // K6
    {
        bool isDead = true;
        for (int crash = 1; isDead; crash++)
        {
            using var disk = new SimDisk(new SimRandom((ulong)crash), DiskProfile.All.Single(candidate => candidate.Name == profile));
            using BrokerLife life = Begin(disk);
            bool isAnswered = false;
            isDead = CutPowerAt(disk, crash, () =>
            {
                isAnswered = life.Wait(life.Broker.DeleteTopicAsync("orders")).IsSuccess;
                life.Step();
            });
            life.CutPower();
            bool exists = life.Broker.DescribeTopic("orders", autoCreate: false, out TopicDescription? topic).IsSuccess;
            Assert.False(isAnswered && exists, $"crash {crash}: the deletion was answered and the topic is back");
            for (int i = 0; exists && i < Partitions; i++)
            {
                Assert.Equal(["a"], life.Read(s_orders with { Partition = i }, IsolationLevel.ReadUncommitted));
            }

            life.Step();
            Assert.Equal(exists ? Partitions : 0, disk.Snapshot().Files.Keys.Where(static path => path.StartsWith("orders", StringComparison.Ordinal)).Select(static path => path.Split('/')[0]).Distinct().Count());
            Assert.Equal(exists ? ErrorCode.TopicAlreadyExists : ErrorCode.None, life.Broker.CreateTopic(new NewTopic("orders")).Error);
        }
    }

    [Fact]
    public void A_deletion_that_fails_leaves_a_topic_that_comes_back_its_committed_offsets()
    {
        using var disk = new SimDisk(new SimRandom(1), DiskProfile.Ideal);
        using BrokerLife life = Begin(disk);
        Assert.Equal(ErrorCode.None, life.Wait(life.Broker.Groups.CommitOffsetsAsync("group", "", -1, [KeyValuePair.Create(s_orders, new OffsetAndMetadata(1, "first"))]))[0].Error);
        disk.Faults.FailAtRate(DiskOperation.Rename, DiskFaults.InputOutputError, 1);
        Assert.Equal(ErrorCode.KafkaStorageError, life.Wait(life.Broker.DeleteTopicAsync("orders")).Error);
        Assert.Null(life.Broker.Groups.FetchOffsets("group", [s_orders])[0].Committed);
        disk.Faults.Heal();
        life.Restart(isClean: false);
        Assert.True(life.Broker.DescribeTopic("orders", autoCreate: false, out _).IsSuccess);
        Assert.Equal("first", life.Broker.Groups.FetchOffsets("group", [s_orders])[0].Committed?.Metadata);
    }

    [Fact]
    public void A_deletion_that_fails_leaves_a_topic_that_comes_back_without_its_deleted_records()
    {
        using var disk = new SimDisk(new SimRandom(1), DiskProfile.Ideal);
        using BrokerLife life = Begin(disk);
        Assert.Equal(ErrorCode.None, life.Wait(life.Broker.AppendAsync(s_orders, Batches.Of("b"), Acks.All)).Error);
        Assert.True(life.Broker.DeleteRecords(s_orders, 1).IsSuccess);
        disk.Faults.FailAtRate(DiskOperation.Rename, DiskFaults.InputOutputError, 1);
        Assert.Equal(ErrorCode.KafkaStorageError, life.Wait(life.Broker.DeleteTopicAsync("orders")).Error);
        disk.Faults.Heal();
        life.Restart(isClean: true);
        Assert.Equal(1, life.Broker.ListOffset(s_orders, ListedOffset.Earliest).Offset);
    }

    [Fact]
    public async Task A_deletion_whose_step_throws_holds_up_no_other()
    {
        using var memory = new MemoryStorage();
        (FaultyStorage storage, SteppedTime time) = (new FaultyStorage(memory), new SteppedTime());
        var pump = new SteppedPump(time);
        await using Broker broker = Open(storage, time, pump);
        broker.CreateTopic(new NewTopic("orders"));
        broker.CreateTopic(new NewTopic("other"));
        storage.Throwing = static (operation, path) => operation == "delete" && path.StartsWith("orders", StringComparison.Ordinal) ? new OutOfMemoryException() : null;
        Assert.True((await broker.DeleteTopicAsync("orders")).IsSuccess);
        Assert.True((await broker.DeleteTopicAsync("other")).IsSuccess);
        pump.Step();
        pump.Advance(DeletionDuty.LongestPauseMs);
        Assert.DoesNotContain(Folders(memory), static name => name.StartsWith("other", StringComparison.Ordinal));
        Assert.Contains(broker.Health, static issue => issue.Component == "topic deletion");
        storage.Throwing = null;
        pump.Advance(DeletionDuty.LongestPauseMs);
        Assert.DoesNotContain(Folders(memory), static name => name.StartsWith("orders", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Honest))]
    public void Checkpointed_offsets_of_a_deleted_topic_are_ignored_for_its_successor(string profile)
    {
        for (int crash = 1; crash < 12; crash++)
        {
            using var disk = new SimDisk(new SimRandom((ulong)crash), DiskProfile.All.Single(candidate => candidate.Name == profile));
            using BrokerLife life = Begin(disk);
            for (int i = 0; i < 20; i++)
            {
                Assert.Equal(ErrorCode.None, life.Wait(life.Broker.AppendAsync(s_orders, Batches.Of("old"), Acks.All)).Error);
            }

            Assert.True(life.Broker.DeleteRecords(s_orders, 15).IsSuccess);
            life.Advance(120_000); // The checkpoints say so now.
            Assert.True(life.Wait(life.Broker.DeleteTopicAsync("orders")).IsSuccess);
            Assert.True(life.Broker.CreateTopic(new NewTopic("orders")).IsSuccess);
            Assert.Equal(ErrorCode.None, life.Wait(life.Broker.AppendAsync(s_orders, Batches.Of("new0"), Acks.All)).Error);
            if (crash % 2 == 0)
            {
                life.Advance(120_000);
            }

            Assert.Equal(ErrorCode.None, life.Wait(life.Broker.AppendAsync(s_orders, Batches.Of("new1"), Acks.All)).Error);
            life.CutPower();
            Assert.Equal(["new0", "new1"], life.Read(s_orders, IsolationLevel.ReadUncommitted));
            Assert.Equal(0, life.Broker.ListOffset(s_orders, ListedOffset.Earliest).Offset);
        }
    }

    /// <summary>Cuts the power at the n-th call of the storage; false if there are fewer.</summary>
    internal static bool CutPowerAt(SimDisk disk, int call, Action act)
    {
        int left = call;
        disk.Calling = _ =>
        {
            if (--left == 0)
            {
                disk.PowerLoss([]);
            }
        };
        Exception? died = Record.Exception(act);
        disk.Calling = null;
        Assert.True(died is null or ProcessDeadException, $"{died}");
        return left <= 0;
    }

    private static BrokerLife Begin(SimDisk disk)
    {
        var life = new BrokerLife(disk: disk);
        Assert.True(life.Broker.CreateTopic(new NewTopic("orders", Partitions)).IsSuccess);
        for (int i = 0; i < Partitions; i++)
        {
            Assert.Equal(ErrorCode.None, life.Wait(life.Broker.AppendAsync(s_orders with { Partition = i }, Batches.Of("a"), Acks.All)).Error);
        }

        return life;
    }

    private static IReadOnlyList<string> Folders(MemoryStorage storage)
    {
        storage.List("", out IReadOnlyList<string> names);
        return names;
    }

    private static Broker Open(IStorage storage, SteppedTime time, SteppedPump pump) =>
        Broker.Open(new BrokerSettings { Storage = storage, TimeProvider = time, DutyPump = pump });
}
