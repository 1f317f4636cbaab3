using System.Text;
using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;
using Zurau.Testing.Simulation;

namespace Engine.Tests.Topics;

/// <summary>
/// Many topics are created with the flushes of one, and none is lost or half there
/// after a crash.
/// </summary>
public sealed class TopicCreationTests
{
    private static readonly TopicPartition s_orders = BrokerExtensions.Orders;

    [Fact]
    public void Topics_of_one_request_share_the_flushes_of_one_topic()
    {
        using var disk = new SimDisk(new SimRandom(1), DiskProfile.Nasty);
        using var life = new BrokerLife(disk: disk);
        Assert.True(life.Broker.CreateTopic(new NewTopic("first")).IsSuccess); // Which creates the journal.
        int flushes = 0;
        disk.Calling = call => flushes += call.Operation is DiskOperation.Flush or DiskOperation.SyncDirectory ? 1 : 0;
        Assert.All(life.Broker.CreateTopics([new NewTopic("alone")]), static result => Assert.True(result.IsSuccess));
        Assert.Equal(2, flushes); // The folders' names, and the list.
        Assert.All(life.Broker.CreateTopics([.. Topics(50)]), static result => Assert.True(result.IsSuccess));
        Assert.Equal(4, flushes);
        disk.Calling = null;
    }

    [Fact]
    public void Each_topic_of_a_request_has_a_result_of_its_own()
    {
        using var life = new BrokerLife();
        Assert.True(life.Broker.CreateTopic(new NewTopic("there")).IsSuccess);
        IReadOnlyList<ErrorResult> results = life.Broker.CreateTopics(
        [
            new NewTopic("new", 2), new NewTopic("there"), new NewTopic("twice"), new NewTopic("bad name"), new NewTopic("a.b"), new NewTopic("a_b"),
            new NewTopic("__consumer_offsets"), new NewTopic("none", 0), new NewTopic("twice", 3), new NewTopic("last"),
        ]);
        Assert.Equal(
            [
                ErrorCode.None, ErrorCode.TopicAlreadyExists, ErrorCode.InvalidRequest, ErrorCode.InvalidTopicException, ErrorCode.None, ErrorCode.InvalidTopicException,
                ErrorCode.InvalidTopicException, ErrorCode.InvalidPartitions, ErrorCode.InvalidRequest, ErrorCode.None,
            ],
            results.Select(static result => result.Error));
        Assert.Equal(["a.b", "last", "new", "there"], life.Broker.ListTopics().Select(static topic => topic.Name));
        Assert.Empty(life.Broker.CreateTopics([]));
    }

    [Fact]
    public void All_topics_of_a_request_are_there_after_a_power_cut_that_follows_the_answer_and_none_after_one_before_it()
    {
        for (ulong seed = 0; seed < 25; seed++)
        {
            using var disk = new SimDisk(new SimRandom(seed), DiskProfile.Nasty);
            using var life = new BrokerLife(disk: disk);
            Assert.All(life.Broker.CreateTopics([.. Topics(20)]), static result => Assert.True(result.IsSuccess));
            Guid[] ids = Ids(life.Broker);
            life.CutPower();
            Assert.Equal(ids, Ids(life.Broker));
            Assert.Empty(life.Broker.Health);
            Assert.All(life.Broker.ListTopics(), topic => Assert.Equal($"version: 0\ntopic_id: {KafkaUuid.Format(topic.TopicId)}", Encoding.UTF8.GetString(disk.ReadFile($"{topic.Name}-1/partition.metadata")!)));

            // Their folders were never flushed: they are as durable as others with the first acks=all.
            var partition = new TopicPartition("topic-7", 0);
            Assert.Equal(ErrorCode.None, life.Wait(life.Broker.AppendAsync(partition, Batches.Of("a"), Acks.All)).Error);
            disk.Calling = call => KillIf(disk, call.Operation == DiskOperation.Flush && call.Path.StartsWith("topics.journal", StringComparison.Ordinal));
            Assert.Throws<ProcessDeadException>(() => life.Broker.CreateTopics([.. Topics(20, "late")]));
            disk.Calling = null;
            life.CutPower();
            Assert.Contains(life.Broker.ListTopics().Count, (int[])[20, 40]); // All of them or none: the list may have reached the disk.
            Assert.Equal(ids, Ids(life.Broker).Intersect(ids));
            Assert.Equal(["a"], life.Read(partition, IsolationLevel.ReadUncommitted));
        }
    }

    [Fact]
    public void A_power_cut_takes_no_records_from_the_beginning_of_a_log_whose_folder_was_never_flushed()
    {
        for (ulong seed = 0; seed < 40; seed++)
        {
            using var disk = new SimDisk(new SimRandom(seed), DiskProfile.Nasty);
            using var life = new BrokerLife(disk: disk);
            Assert.True(life.Broker.CreateTopic(new NewTopic("orders") { Configs = new Dictionary<string, string> { ["segment.bytes"] = "100" } }).IsSuccess);
            for (int i = 0; i < 4; i++) // A segment each.
            {
                Assert.Equal(ErrorCode.None, life.Wait(life.Broker.AppendAsync(s_orders, Batches.Of($"{i}"), Acks.Leader)).Error);
            }

            if (seed % 2 == 0)
            {
                life.Restart(isClean: false);
            }

            life.CutPower();
            Assert.Equal(0, life.Broker.ListOffset(s_orders, ListedOffset.Earliest).Offset);
            List<string> left = life.Read(s_orders, IsolationLevel.ReadUncommitted);
            Assert.Equal(Enumerable.Range(0, left.Count).Select(static i => $"{i}"), left);
        }
    }

    [Fact]
    public void A_deleted_record_that_a_power_cut_took_gives_its_offset_to_no_other_after_one_more()
    {
        for (ulong seed = 0; seed < 40; seed++)
        {
            using var disk = new SimDisk(new SimRandom(seed), DiskProfile.Nasty);
            using var life = new BrokerLife(disk: disk);
            Assert.True(life.Broker.CreateTopic(new NewTopic("orders")).IsSuccess);
            Assert.Equal(ErrorCode.None, life.Wait(life.Broker.AppendAsync(s_orders, Batches.Of("deleted"), Acks.Leader)).Error);
            Assert.True(life.Broker.DeleteRecords(s_orders, 1).IsSuccess);
            for (int i = 0; i < 3; i++)
            {
                life.CutPower();
                Assert.Equal(1, life.Broker.ListOffset(s_orders, ListedOffset.Earliest).Offset);
            }
        }
    }

    [Fact]
    public void A_leader_epoch_is_never_used_twice_although_power_cuts_take_all_records() // S11, KIP-320
    {
        for (ulong seed = 0; seed < 15; seed++)
        {
            using var disk = new SimDisk(new SimRandom(seed), DiskProfile.Nasty);
            using var life = new BrokerLife(disk: disk);
            Assert.True(life.Broker.CreateTopic(new NewTopic("orders", 2)).IsSuccess);
            var epochs = new HashSet<int>();
            for (int i = 0; i < 6; i++)
            {
                Assert.True(epochs.Add(Epoch(life.Broker)), $"epoch {Epoch(life.Broker)} is used twice, seed {seed}");
                Assert.Equal(ErrorCode.None, life.Wait(life.Broker.AppendAsync(s_orders, Batches.Of("seen by a reader"), i % 3 == 2 ? Acks.All : Acks.Leader)).Error);
                life.CutPower();
            }

            // A clean end takes nothing, and a topic that is new has no older epoch than the others.
            int last = Epoch(life.Broker);
            life.Restart(isClean: true);
            Assert.Equal(last, Epoch(life.Broker));
        }
    }

    [Fact]
    public void An_unclean_start_costs_no_more_flushes_with_many_empty_partitions_than_with_few() // S11
    {
        Assert.Equal(FlushesOfStart(2), FlushesOfStart(200));

        static int FlushesOfStart(int partitions)
        {
            using var disk = new SimDisk(new SimRandom(1), DiskProfile.Nasty);
            using var life = new BrokerLife(disk: disk);
            Assert.True(life.Broker.CreateTopic(new NewTopic("orders", partitions)).IsSuccess);
            int flushes = 0;
            disk.Calling = call => flushes += call.Operation is DiskOperation.Flush or DiskOperation.SyncDirectory ? 1 : 0;
            life.CutPower();
            disk.Calling = null;
            return flushes;
        }
    }

    [Fact]
    public async Task A_folder_whose_small_files_cannot_be_written_refuses_durable_appends_until_they_can()
    {
        using var memory = new MemoryStorage();
        var storage = new FaultyStorage(memory);
        await using Broker broker = Broker.Open(new BrokerSettings { Storage = storage });
        Assert.True(broker.CreateTopic(new NewTopic("orders")).IsSuccess);
        storage.Failing = static (_, path) => path == $"orders-0/{LeaderEpochs.FileName}.tmp" ? IoResult.NoSpace : IoResult.Ok;
        Assert.Equal(ErrorCode.KafkaStorageError, (await broker.AppendAsync(s_orders, Batches.Of("a"), Acks.All)).Error);
        Assert.Equal("flush", Assert.Single(broker.Health).Component);
        storage.Failing = null;
        Assert.Equal(ErrorCode.None, (await broker.AppendAsync(s_orders, Batches.Of("b"), Acks.All)).Error);
        Assert.Empty(broker.Health);
        Assert.Equal("0\n1\n0 0\n", CheckpointFile.Read(memory, $"orders-0/{LeaderEpochs.FileName}"));
    }

    [Fact]
    public async Task Closing_partitions_to_which_nothing_was_appended_flushes_none_of_them()
    {
        using var memory = new MemoryStorage();
        var storage = new FaultyStorage(memory);
        for (int i = 0; i < 3; i++)
        {
            await using Broker broker = Broker.Open(new BrokerSettings { Storage = storage });
            if (i == 0)
            {
                Assert.True(broker.CreateTopic(new NewTopic("orders", 20)).IsSuccess);
                Assert.Equal(ErrorCode.None, (await broker.AppendAsync(s_orders, Batches.Of("a"), Acks.Leader)).Error);
            }

            storage.Operations = [];
            await broker.DisposeAsync();
            Assert.DoesNotContain(storage.Operations, static operation => operation.Contains('/') && !operation.Contains(" orders-0/", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void A_clean_close_flushes_each_file_of_a_partition_once()
    {
        using var disk = new SimDisk(new SimRandom(1), DiskProfile.Nasty);
        using var life = new BrokerLife(disk: disk);
        Assert.True(life.Broker.CreateTopic(new NewTopic("orders")).IsSuccess);
        Assert.Equal(ErrorCode.None, life.Wait(life.Broker.AppendAsync(s_orders, Batches.Of("a"), Acks.Leader)).Error);

        // The records with what lies beside them in a new folder, then what follows from the
        // records; the names after each.
        Assert.Equal(
            [
                "orders-0/00000000000000000000.log", "orders-0/leader-epoch-checkpoint.tmp", "orders-0/partition.metadata", "orders-0",
                "orders-0/00000000000000000001.snapshot", "orders-0/00000000000000000000.index.tmp", "orders-0/00000000000000000000.timeindex.tmp", "orders-0",
            ],
            FlushesOfClose());
        Assert.Equal(ErrorCode.None, life.Wait(life.Broker.AppendAsync(s_orders, Batches.Of("b"), Acks.Leader)).Error);
        Assert.Equal(
            [
                "orders-0/00000000000000000000.log",
                "orders-0/00000000000000000002.snapshot", "orders-0/00000000000000000000.index.tmp", "orders-0/00000000000000000000.timeindex.tmp", "orders-0",
            ],
            FlushesOfClose());

        List<string> FlushesOfClose()
        {
            var flushed = new List<string>();
            disk.Calling = call =>
            {
                if (call.Operation is DiskOperation.Flush or DiskOperation.SyncDirectory && call.Path.StartsWith("orders-0", StringComparison.Ordinal))
                {
                    flushed.Add(call.Path);
                }
            };
            life.Restart(isClean: true);
            disk.Calling = null;
            return flushed;
        }
    }

    [Fact]
    public void The_first_flush_of_a_new_folder_flushes_each_of_its_files_and_then_their_names_once()
    {
        using var disk = new SimDisk(new SimRandom(1), DiskProfile.Nasty);
        using var life = new BrokerLife(disk: disk);
        Assert.True(life.Broker.CreateTopic(new NewTopic("orders")).IsSuccess);
        var flushed = new List<string>();
        disk.Calling = call => flushed.AddRange(call.Operation is DiskOperation.Flush or DiskOperation.SyncDirectory ? [call.Path] : []);
        Assert.Equal(ErrorCode.None, life.Wait(life.Broker.AppendAsync(s_orders, Batches.Of("a"), Acks.All)).Error);
        disk.Calling = null;
        Assert.Equal(["orders-0/00000000000000000000.log", "orders-0/leader-epoch-checkpoint.tmp", "orders-0/partition.metadata", "orders-0"], flushed);
    }

    [Fact]
    public void A_topic_costs_a_folder_and_two_files_and_nothing_else()
    {
        using var disk = new SimDisk(new SimRandom(1), DiskProfile.Nasty);
        using var life = new BrokerLife(disk: disk);
        Assert.True(life.Broker.CreateTopic(new NewTopic("first")).IsSuccess);
        var calls = new List<string>();
        disk.Calling = call => calls.AddRange(call.Path.StartsWith("second", StringComparison.Ordinal) ? [$"{call.Operation} {call.Path}"] : []);
        Assert.True(life.Broker.CreateTopic(new NewTopic("second")).IsSuccess);
        disk.Calling = null;
        Assert.Equal(
            ["CreateDirectory second-0", "Create second-0/partition.metadata", "Write second-0/partition.metadata", "Create second-0/00000000000000000000.log"],
            calls);
    }

    [Fact]
    public void Topics_that_are_created_at_the_same_time_are_all_there()
    {
        using var memory = new MemoryStorage();
        var storage = new FaultyStorage(memory);
        Broker broker = Broker.Open(new BrokerSettings { Storage = storage });
        var results = new ErrorResult[8][];
        Thread[] threads = [.. Enumerable.Range(0, results.Length).Select(i => new Thread(() => results[i] = [.. Enumerable.Range(0, 20).Select(number => broker.CreateTopic(new NewTopic($"topic-{number}")))]))];
        Array.ForEach(threads, static thread => thread.Start());
        Array.ForEach(threads, static thread => thread.Join());
        ErrorResult[] all = [.. results.SelectMany(static one => one)];
        Assert.Equal(20, all.Count(static result => result.IsSuccess)); // Each name once.
        Assert.All(all.Where(static result => !result.IsSuccess), static result => Assert.Equal(ErrorCode.TopicAlreadyExists, result.Error));
        Assert.Equal(20, broker.ListTopics().Count);
        memory.Release(); // Killed.
        Broker reopened = Broker.Open(new BrokerSettings { Storage = memory });
        Assert.Equal(Ids(broker), Ids(reopened));
    }

    private static IEnumerable<NewTopic> Topics(int count, string name = "topic") => Enumerable.Range(0, count).Select(i => new NewTopic($"{name}-{i}", 2));

    private static Guid[] Ids(Broker broker) => [.. broker.ListTopics().Select(static topic => topic.TopicId)];

    private static int Epoch(Broker broker) => broker.FindLog(s_orders)!.LeaderEpoch;

    private static void KillIf(SimDisk disk, bool isTime)
    {
        if (isTime)
        {
            disk.Kill([]);
        }
    }
}
