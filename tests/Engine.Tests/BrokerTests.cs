using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Storage;

namespace Engine.Tests;

public sealed class BrokerTests
{
    private static readonly TopicPartition s_orders = BrokerExtensions.Orders;

    [Theory]
    [InlineData(Acks.None)]
    [InlineData(Acks.Leader)]
    [InlineData(Acks.All)]
    public async Task Appended_records_can_be_read_also_after_a_clean_restart(Acks acks)
    {
        using var directory = new TestDirectory();
        await using (Broker broker = Broker.Open(new BrokerSettings { Storage = new FileStorage(directory.Path) }))
        {
            Assert.True(broker.CreateTopic(new NewTopic("orders", 2)).IsSuccess);
            for (int i = 0; i < 100; i++)
            {
                AppendResult result = await broker.AppendAsync(s_orders, Batches.Of($"a{i}", $"b{i}"), acks);
                Assert.Equal(ErrorCode.None, result.Error);
                Assert.Equal(acks == Acks.None ? -1 : i * 2, result.BaseOffset);
            }

            Assert.Equal(200, (await broker.ReadAllAsync(s_orders)).Count);
        }

        await using (Broker broker = Broker.Open(new BrokerSettings { Storage = new FileStorage(directory.Path) }))
        {
            List<(long Offset, string Value)> records = await broker.ReadAllAsync(s_orders);
            Assert.Equal(Enumerable.Range(0, 200).Select(static i => ((long)i, $"{(i % 2 == 0 ? 'a' : 'b')}{i / 2}")), records);
            Assert.Equal(200, (await broker.AppendAsync(s_orders, Batches.Of("next"), Acks.All)).BaseOffset);
        }
    }

    [Fact]
    public async Task Acks_all_waits_for_a_flush_and_acks_1_does_not()
    {
        using var memory = new MemoryStorage();
        var storage = new FaultyStorage(memory);
        await using Broker broker = Open(storage);
        broker.CreateTopic(new NewTopic("orders"));
        await broker.AppendAsync(s_orders, Batches.Of("first"), Acks.All); // Flushes the folder too.
        int before = storage.Flushes;
        await broker.AppendAsync(s_orders, Batches.Of("a"), Acks.Leader);
        Assert.Equal(before, storage.Flushes);
        await broker.AppendAsync(s_orders, Batches.Of("b"), Acks.All);
        Assert.Equal(before + 1, storage.Flushes);
    }

    [Fact]
    public async Task After_a_failed_flush_nothing_is_acknowledged_any_more_and_what_was_is_still_read()
    {
        using var memory = new MemoryStorage();
        var storage = new FaultyStorage(memory);
        await using (Broker broker = Open(storage))
        {
            broker.CreateTopic(new NewTopic("orders"));
            await broker.AppendAsync(s_orders, Batches.Of("durable"), Acks.All);
            storage.Flush = IoResult.DeviceError;
            AppendResult failed = await broker.AppendAsync(s_orders, Batches.Of("not durable"), Acks.All);
            Assert.Equal(ErrorCode.KafkaStorageError, failed.Error);

            // The device works again; the page cache may have dropped what it could not write.
            storage.Flush = IoResult.Ok;
            foreach (Acks acks in new[] { Acks.All, Acks.Leader })
            {
                AppendResult later = await broker.AppendAsync(s_orders, Batches.Of("later"), acks);
                Assert.Equal(ErrorCode.KafkaStorageError, later.Error);
                Assert.Contains("open the data directory again", later.Message);
            }

            Assert.Equal("durable", (await broker.ReadAllAsync(s_orders))[0].Value);
        }

        storage.Open(".kafka_cleanshutdown", FileOpening.Existing, out IStorageFile? marker);
        Assert.Null(marker);
        await using Broker reopened = Open(storage);
        Assert.Equal(ErrorCode.None, (await reopened.AppendAsync(s_orders, Batches.Of("later"), Acks.All)).Error);
    }

    [Fact]
    public async Task On_a_full_disk_appends_are_refused_reads_go_on_and_appends_resume_when_there_is_space()
    {
        using var memory = new MemoryStorage();
        var storage = new FaultyStorage(memory);
        await using Broker broker = Broker.Open(new BrokerSettings { Storage = new CheckedStorage(storage), LogSegmentBytes = 64 * 1024 });
        broker.CreateTopic(new NewTopic("orders"));
        byte[] batch = Batches.Of(new string('x', 1000));
        long appended = 0;
        AppendResult result = await broker.AppendAsync(s_orders, batch, Acks.Leader);
        storage.Allocation = IoResult.NoSpace;
        while (result.Error == ErrorCode.None)
        {
            Assert.Equal(appended++, result.BaseOffset);
            result = await broker.AppendAsync(s_orders, batch, Acks.Leader);
        }

        Assert.Equal(ErrorCode.KafkaStorageError, result.Error);
        Assert.Contains("no space is left", result.Message);
        Assert.Equal(appended, (await broker.ReadAllAsync(s_orders)).Count);

        storage.Allocation = IoResult.Ok;
        Assert.Equal(appended, (await broker.AppendAsync(s_orders, batch, Acks.All)).BaseOffset);
    }

    [Theory]
    [InlineData(30, "read-only")]
    [InlineData(13, "permission denied")]
    [InlineData(24, "too many open files")]
    [InlineData(28, "no space is left")]
    public async Task An_append_that_cannot_start_a_segment_is_refused_and_a_later_one_succeeds(int errno, string reason)
    {
        using var memory = new MemoryStorage();
        var storage = new FaultyStorage(memory);
        await using Broker broker = Broker.Open(new BrokerSettings { Storage = new CheckedStorage(storage), LogSegmentBytes = 4096 });
        broker.CreateTopic(new NewTopic("orders"));
        byte[] batch = Batches.Of(new string('x', 1000));
        storage.Creation = new IoResult(errno);
        long appended = 0;
        AppendResult result = await broker.AppendAsync(s_orders, batch, Acks.Leader);
        while (result.Error == ErrorCode.None)
        {
            Assert.Equal(appended++, result.BaseOffset);
            result = await broker.AppendAsync(s_orders, batch, Acks.Leader);
        }

        Assert.Equal((ErrorCode.KafkaStorageError, 3), (result.Error, (int)appended));
        Assert.Contains(reason, result.Message);
        Assert.Equal(ErrorCode.KafkaStorageError, broker.CreateTopic(new NewTopic("other")).Error);
        Assert.Equal(appended, (await broker.ReadAllAsync(s_orders)).Count);

        storage.Creation = IoResult.Ok;
        Assert.Equal(appended, (await broker.AppendAsync(s_orders, batch, Acks.All)).BaseOffset);
        Assert.True(broker.CreateTopic(new NewTopic("other")).IsSuccess);
    }

    [Fact]
    public async Task An_append_is_refused_if_its_folder_cannot_be_opened_for_a_flush_and_a_later_one_succeeds() // E4
    {
        using var memory = new MemoryStorage();
        var storage = new FaultyStorage(memory);
        await using Broker broker = Broker.Open(new BrokerSettings { Storage = new CheckedStorage(storage), LogSegmentBytes = 4096 });
        broker.CreateTopic(new NewTopic("orders"));
        byte[] batch = Batches.Of(new string('x', 1000));
        Assert.Equal(ErrorCode.None, (await broker.AppendAsync(s_orders, batch, Acks.All)).Error); // The folder is on disk.
        storage.DirectoryFlush = IoResult.TooManyOpenFiles;
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(ErrorCode.None, (await broker.AppendAsync(s_orders, batch, Acks.Leader)).Error);
        }

        // The second segment has a name that is not on disk.
        AppendResult refused = await broker.AppendAsync(s_orders, batch, Acks.All);
        Assert.Equal(ErrorCode.KafkaStorageError, refused.Error);
        Assert.Contains("too many open files", refused.Message);
        Assert.Equal(6, (await broker.ReadAllAsync(s_orders)).Count);

        storage.DirectoryFlush = IoResult.Ok;
        Assert.Equal(6, (await broker.AppendAsync(s_orders, batch, Acks.All)).BaseOffset);
    }

    [Fact]
    public async Task A_damaged_partition_is_offline_the_others_are_served_and_nothing_of_it_is_cut()
    {
        using var directory = new TestDirectory();
        TopicPartition second = s_orders with { Partition = 1 };
        await using (Broker broker = Open(new FileStorage(directory.Path)))
        {
            broker.CreateTopic(new NewTopic("orders", 2));
            for (int i = 0; i < 10; i++)
            {
                await broker.AppendAsync(s_orders, Batches.Of($"{i}"), Acks.All);
                await broker.AppendAsync(second, Batches.Of($"{i}"), Acks.All);
            }
        }

        string file = Path.Combine(directory.Path, "orders-0", "00000000000000000000.log");
        byte[] whole = File.ReadAllBytes(file);
        byte[] damaged = [.. whole];
        damaged[whole.Length - 3] ^= 1;
        File.WriteAllBytes(file, damaged);
        File.Delete(Path.Combine(directory.Path, ".kafka_cleanshutdown"));
        for (int i = 0; i < 2; i++)
        {
            // Also at the second start, whose checkpoints were written while it was offline.
            await using Broker broker = Open(new FileStorage(directory.Path));
            AppendResult refused = await broker.AppendAsync(s_orders, Batches.Of("x"), Acks.All);
            Assert.Equal(ErrorCode.KafkaStorageError, refused.Error);
            Assert.Contains("orders-0/00000000000000000000.log", refused.Message);
            Assert.Contains("offset 9", refused.Message);
            using FetchResponse response = await broker.FetchAsync(new FetchRequest { Partitions = [new FetchPartition(s_orders, 0)] });
            Assert.Equal(ErrorCode.KafkaStorageError, response.Partitions[0].Error);
            Assert.Equal(10 + i, (await broker.ReadAllAsync(second)).Count);
            Assert.Equal(10 + i, (await broker.AppendAsync(second, Batches.Of("later"), Acks.All)).BaseOffset);
            Assert.Equal(damaged, File.ReadAllBytes(file));
        }

        File.WriteAllBytes(file, whole);
        await using Broker restored = Open(new FileStorage(directory.Path));
        Assert.Equal(10, (await restored.ReadAllAsync(s_orders)).Count);
    }

    [Fact]
    public async Task With_flush_messages_1_every_acknowledged_record_is_durable()
    {
        using var memory = new MemoryStorage();
        var storage = new FaultyStorage(memory);
        await using Broker broker = Open(storage);
        broker.CreateTopic(new NewTopic("orders") { Configs = new Dictionary<string, string> { ["flush.messages"] = "1" } });
        await broker.AppendAsync(s_orders, Batches.Of("first"), Acks.All); // Flushes the folder too.
        int before = storage.Flushes;
        await broker.AppendAsync(s_orders, Batches.Of("a"), Acks.Leader);
        Assert.Equal(before + 1, storage.Flushes);
    }

    [Fact]
    public async Task Deleted_records_stay_deleted_after_a_restart_also_in_the_middle_of_a_batch()
    {
        using var storage = new MemoryStorage();
        await using (Broker broker = Open(storage))
        {
            broker.CreateTopic(new NewTopic("orders"));
            await broker.AppendAsync(s_orders, Batches.Of("a", "b", "c"), Acks.All);
            Assert.True(broker.DeleteRecords(s_orders, 2).IsSuccess);
            Assert.Equal(ErrorCode.OffsetOutOfRange, broker.DeleteRecords(s_orders, 4).Error);
        }

        await using Broker reopened = Open(storage);
        Assert.Equal((2, "c"), Assert.Single(await reopened.ReadAllAsync(s_orders, 2)));
        using FetchResponse response = await reopened.FetchAsync(new FetchRequest { Partitions = [new FetchPartition(s_orders, 1)] });
        Assert.Equal(ErrorCode.OffsetOutOfRange, response.Partitions[0].Error);
        Assert.True(reopened.DeleteRecords(s_orders, -1).IsSuccess);
        Assert.Empty(await reopened.ReadAllAsync(s_orders, 3));
    }

    [Fact]
    public async Task A_request_that_is_asked_again_gets_the_same_empty_answer_only_while_nothing_has_changed()
    {
        await using Broker broker = Open(new MemoryStorage());
        broker.CreateTopic(new NewTopic("orders", 2));
        var second = new TopicPartition("orders", 1);
        var request = new FetchRequest { Partitions = [new FetchPartition(s_orders, 0), new FetchPartition(second, 0)], MaxWaitMs = 0 };

        FetchResponse empty = await broker.FetchAsync(request);
        Assert.Same(empty, await broker.FetchAsync(request));

        FetchResponse other = await broker.FetchAsync(request with { Partitions = [new FetchPartition(second, 0), new FetchPartition(s_orders, 0)] });
        Assert.Equal([second, s_orders], other.Partitions.Select(static partition => partition.Partition));

        await broker.AppendAsync(second, Batches.Of("a"), Acks.Leader);
        using (FetchResponse response = await broker.FetchAsync(request))
        {
            Assert.Equal([0, 1], response.Partitions.Select(static partition => partition.HighWatermark));
            Assert.Equal([true, false], response.Partitions.Select(static partition => partition.Records.IsEmpty));
        }

        await broker.DeleteTopicAsync("orders");
        using FetchResponse gone = await broker.FetchAsync(request);
        Assert.All(gone.Partitions, static partition => Assert.Equal(ErrorCode.UnknownTopicOrPartition, partition.Error));
    }

    [Fact]
    public async Task A_waiting_fetch_ends_with_the_first_record_that_comes()
    {
        using var storage = new MemoryStorage();
        await using Broker broker = Open(storage);
        broker.CreateTopic(new NewTopic("orders"));
        ValueTask<FetchResponse> waiting = broker.FetchAsync(new FetchRequest { Partitions = [new FetchPartition(s_orders, 0)], MaxWaitMs = 60_000 });
        Assert.False(waiting.IsCompleted);
        await broker.AppendAsync(s_orders, Batches.Of("now"), Acks.Leader);
        using FetchResponse response = await waiting;
        Assert.Equal((0, "now"), Assert.Single(Batches.Read(response.Partitions[0].Records.Span)));
    }

    [Fact]
    public async Task A_cancelled_fetch_ends_with_what_there_is()
    {
        using var storage = new MemoryStorage();
        await using Broker broker = Open(storage);
        broker.CreateTopic(new NewTopic("orders"));
        using var cancellation = new CancellationTokenSource();
        ValueTask<FetchResponse> waiting = broker.FetchAsync(new FetchRequest { Partitions = [new FetchPartition(s_orders, 0)], MaxWaitMs = 60_000 }, cancellation.Token);
        await cancellation.CancelAsync();
        using FetchResponse response = await waiting;
        Assert.Equal(0, response.Partitions[0].Records.Length);
    }

    [Fact]
    public async Task A_fetch_delivers_the_first_batch_whatever_its_size_and_no_second_one_over_the_limit()
    {
        using var storage = new MemoryStorage();
        await using Broker broker = Open(storage);
        broker.CreateTopic(new NewTopic("orders"));
        await broker.AppendAsync(s_orders, Batches.Of(new string('x', 5000)), Acks.Leader);
        await broker.AppendAsync(s_orders, Batches.Of("small"), Acks.Leader);
        using FetchResponse response = await broker.FetchAsync(new FetchRequest { Partitions = [new FetchPartition(s_orders, 0, 100)], MaxWaitMs = 0 });
        Assert.Single(Batches.Read(response.Partitions[0].Records.Span));
    }

    [Fact]
    public async Task An_offset_outside_of_the_log_is_out_of_range()
    {
        using var storage = new MemoryStorage();
        await using Broker broker = Open(storage);
        broker.CreateTopic(new NewTopic("orders"));
        foreach (long offset in new[] { -1L, 1L })
        {
            using FetchResponse response = await broker.FetchAsync(new FetchRequest { Partitions = [new FetchPartition(s_orders, offset)], MaxWaitMs = 60_000 });
            Assert.Equal(ErrorCode.OffsetOutOfRange, response.Partitions[0].Error);
        }
    }

    [Fact]
    public async Task Leased_bytes_outlive_the_deletion_of_their_topic()
    {
        using var directory = new TestDirectory();
        var time = new SteppedTime();
        var pump = new SteppedPump(time);
        await using Broker broker = Broker.Open(new BrokerSettings { Storage = new FileStorage(directory.Path), TimeProvider = time, DutyPump = pump });
        broker.CreateTopic(new NewTopic("orders"));
        await broker.AppendAsync(s_orders, Batches.Of("kept"), Acks.Leader);
        using FetchResponse response = await broker.FetchAsync(new FetchRequest { Partitions = [new FetchPartition(s_orders, 0)] });
        Assert.True((await broker.DeleteTopicAsync("orders")).IsSuccess);
        pump.Step();
        Assert.Equal("kept", Batches.Read(response.Partitions[0].Records.Span)[0].Value);
        Assert.DoesNotContain(Directory.GetDirectories(directory.Path), static path => path.Contains("orders", StringComparison.Ordinal));
    }

    [Fact]
    public void A_directory_that_is_in_use_is_refused_with_the_way_out()
    {
        using var directory = new TestDirectory();
        var first = new FileStorage(directory.Path);
        first.Acquire();
        for (int i = 0; i < 2; i++)
        {
            StorageException refused = Assert.Throws<StorageException>(() => Open(new FileStorage(directory.Path)));
            Assert.Contains("in use by this process", refused.Message);
            Assert.Contains(directory.Path, refused.Message);
        }

        first.Release();
        Open(new FileStorage(directory.Path)).DisposeAsync().AsTask().Wait();
    }

    private static Broker Open(IStorage storage) => Broker.Open(new BrokerSettings { Storage = new CheckedStorage(storage) });
}
