using Engine.Tests.Log.Cleaning;
using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>What leaves a log by age, size and start, and what does not.</summary>
public sealed class RetentionTests : IAsyncDisposable
{
    private const long Day = 24L * 60 * 60 * 1000;
    private readonly MemoryStorage _memory = new();
    private readonly FaultyStorage _storage;
    private readonly SteppedTime _time = new();
    private readonly SteppedPump _pump;
    private Broker _broker;

    public RetentionTests()
    {
        _storage = new FaultyStorage(_memory);
        _pump = new SteppedPump(_time);
        _broker = Open();
    }

    [Fact]
    public async Task A_segment_is_deleted_when_its_newest_record_is_older_than_retention_ms() // C11
    {
        Create(("retention.ms", $"{Day}"));
        await AppendAsync(_time.NowMs, 3);
        _time.Advance(Day / 2);
        await AppendAsync(_time.NowMs, 3);
        Assert.Equal((0, 6), Offsets());

        Check();
        Assert.Equal((0, 6), Offsets());
        _time.Advance(Day / 2);
        Check();
        Assert.Equal((3, 6), Offsets());
        Check();
        Assert.Equal((3, 6), Offsets());
    }

    [Fact]
    public async Task The_active_segment_is_deleted_only_when_it_has_expired_and_a_new_one_starts_at_the_end() // C11
    {
        Create(("retention.ms", $"{Day}"), ("segment.bytes", "1000000"));
        await AppendAsync(_time.NowMs, 1);
        _time.Advance(Day);
        await AppendAsync(_time.NowMs, 1);
        _time.Advance(Day - 1);
        Check();
        Assert.Equal((0, 2), Offsets());

        Check();
        Assert.Equal((2, 2), Offsets());
        await AppendAsync(_time.NowMs, 1);
        Assert.Equal(2, Assert.Single(await _broker.ReadAllAsync(BrokerExtensions.Orders, 2)).Offset);
        await ReopenAsync();
        Assert.Equal((2, 3), Offsets());
    }

    [Fact]
    public async Task The_oldest_segments_go_while_the_log_is_larger_than_retention_bytes() // C11
    {
        Create(("retention.bytes", $"{3 * Record(0).Length}"), ("segment.bytes", $"{Record(0).Length}"));
        await AppendAsync(_time.NowMs, 10);
        Check();
        Assert.Equal((7, 10), Offsets());
    }

    [Fact]
    public void Records_of_a_transaction_that_is_open_stay() // C11
    {
        using var log = new KeyedLog();
        log.Put(("a", "1")).Roll().Put(("b", "1")).Put(7, true, ("c", "open")).Roll().Put(("d", "1")).Roll().Put(("e", "1"));
        log.Log.Apply(log.Settings with { HasDeletePolicy = true, IsCompacted = false, RetentionMs = 0 });
        using (log.Log.Upkeep.Lock.Enter())
        {
            Assert.True(LogRetention.Enforce(log.Log.Upkeep, ExpiryTime.Exactly(log.Log.NowMs)));
        }

        Assert.Equal((1, 2), (log.Log.LogStartOffset, log.Log.LastStableOffset));
    }

    [Fact]
    public async Task Timestamps_from_the_future_do_not_keep_a_segment_longer_than_its_last_append() // C12
    {
        Create(("retention.ms", $"{Day}"), ("message.timestamp.after.max.ms", $"{long.MaxValue}"));
        await AppendAsync(_time.NowMs + (1000 * Day), 3);
        await AppendAsync(_time.NowMs, 1);
        _time.Advance(Day - 1);
        Check();
        Assert.Equal((0, 4), Offsets());
        Check();
        Assert.Equal((4, 4), Offsets());
    }

    [Fact]
    public async Task Records_without_a_timestamp_stay_for_retention_ms_from_their_append_on() // C12
    {
        Create(("retention.ms", $"{Day}"));
        await AppendAsync(-1, 3);
        Check();
        _time.Advance(Day - 2);
        Check();
        Assert.Equal((0, 3), Offsets());
        Check();

        // The active segment's last append was noticed a millisecond late.
        Assert.Equal((2, 3), Offsets());
        Check();
        Assert.Equal((3, 3), Offsets());
    }

    [Fact]
    public async Task A_timestamp_in_milliseconds_of_1970_expires_at_the_next_check_as_in_Kafka() // C12
    {
        Create(("retention.ms", $"{Day}"));
        await AppendAsync(0, 3);
        await AppendAsync(_time.NowMs, 3);
        Check();
        Assert.Equal((3, 6), Offsets());
    }

    [Fact]
    public async Task Nothing_is_deleted_by_age_or_size_from_a_topic_that_is_only_compacted()
    {
        Create(("retention.ms", "0"), ("cleanup.policy", "compact"));
        await AppendAsync(_time.NowMs, 5);
        _time.Advance(Day);
        Check();
        Assert.Equal((0, 5), Offsets());

        // Segments below a deleted offset are removed nevertheless.
        Assert.True(_broker.AlterTopicConfigs("orders", [new ConfigChange("cleanup.policy", "delete")]).IsSuccess);
        Assert.True(_broker.DeleteRecords(BrokerExtensions.Orders, 3).IsSuccess);
        Assert.True(_broker.AlterTopicConfigs("orders", [new ConfigChange("cleanup.policy", "compact")]).IsSuccess);
        Check();
        Assert.Equal([3, 4], Files(".log"));
    }

    [Fact]
    public async Task Files_are_renamed_first_and_deleted_after_file_delete_delay_ms()
    {
        Create(("retention.ms", $"{Day}"), ("file.delete.delay.ms", "1000"));
        await AppendAsync(_time.NowMs, 3);
        _time.Advance(2 * Day);
        Check();
        Assert.Equal([3], Files(".log"));
        Assert.Equal([0, 1, 2], Files(".log.deleted"));
        Assert.Equal([0, 1, 2], Files(".index.deleted"));
        Assert.Equal([3], Files(".snapshot"));
        _pump.Advance(999);
        Assert.Equal([0, 1, 2], Files(".log.deleted"));
        _pump.Advance(1);
        Assert.Empty(Files(".deleted"));
    }

    [Fact]
    public async Task A_clean_stop_leaves_no_renamed_files_and_a_start_deletes_those_of_a_crash()
    {
        Create(("retention.ms", $"{Day}"));
        await AppendAsync(_time.NowMs, 3);
        _time.Advance(2 * Day);
        Check();
        Assert.Equal([0, 1, 2], Files(".log.deleted"));
        await _broker.DisposeAsync();
        Assert.Empty(Files(".deleted"));
        _memory.Open($"orders-0/{LogFiles.Segment(1)}.deleted", FileOpening.New, out IStorageFile? file);
        file!.Dispose();
        _broker = Open();
        Assert.Empty(Files(".deleted"));
        Assert.Equal((3, 3), Offsets());
    }

    [Fact]
    public async Task Epochs_of_deleted_records_are_forgotten_and_the_first_one_left_begins_at_the_start()
    {
        Create(("retention.ms", $"{Day}"));
        await AppendAsync(_time.NowMs, 2);
        await _broker.DisposeAsync();
        _memory.Delete(".kafka_cleanshutdown");
        _broker = Open();
        await AppendAsync(_time.NowMs, 2);
        Assert.Equal([(0, 0), (1, 2)], _broker.FindLog(BrokerExtensions.Orders)!.Upkeep.LeaderEpochs.Entries);
        Assert.True(_broker.DeleteRecords(BrokerExtensions.Orders, 3).IsSuccess);
        Check();
        Assert.Equal("0\n1\n1 3\n", CheckpointFile.Read(_memory, "orders-0/leader-epoch-checkpoint"));
        await ReopenAsync();
        Assert.Equal((3, 4), Offsets());
    }

    [Fact]
    public async Task A_full_disk_does_not_keep_segments_from_going()
    {
        Create(("retention.ms", $"{Day}"), ("file.delete.delay.ms", "0"), ("message.timestamp.after.max.ms", $"{long.MaxValue}"));
        await AppendAsync(_time.NowMs, 3);
        await AppendAsync(_time.NowMs + (2 * Day), 1);
        _time.Advance(2 * Day);
        _storage.Creation = IoResult.NoSpace;
        Check();
        _storage.Creation = IoResult.Ok;
        Assert.Equal((3, 4), Offsets());
        Assert.Equal([3], Files(".log"));
    }

    [Fact]
    public async Task A_reader_that_holds_a_removed_segment_reads_its_bytes_to_the_end() // C13
    {
        Create(("retention.ms", $"{Day}"), ("file.delete.delay.ms", "0"));
        await AppendAsync(_time.NowMs, 3);
        FetchResponse held = await _broker.FetchAsync(new FetchRequest { Partitions = [new FetchPartition(BrokerExtensions.Orders, 1)], MaxWaitMs = 0 });
        byte[] before = held.Partitions[0].Records.ToArray();
        _time.Advance(2 * Day);
        Check();
        Assert.Equal([1], Files(".log.deleted"));
        using (FetchResponse late = await _broker.FetchAsync(new FetchRequest { Partitions = [new FetchPartition(BrokerExtensions.Orders, 1)], MaxWaitMs = 0 }))
        {
            Assert.Equal(ErrorCode.OffsetOutOfRange, late.Partitions[0].Error);
        }

        Assert.Equal(before, held.Partitions[0].Records.ToArray());
        held.Dispose();
        _pump.Advance(1);
        Assert.Empty(Files(".deleted"));
    }

    public async ValueTask DisposeAsync()
    {
        await _broker.DisposeAsync();
        _memory.Dispose();
    }

    private static byte[] Record(long timestamp, int key = 0)
    {
        var builder = new RecordBatchBuilder(new byte[200]);
        builder.Append(timestamp, [(byte)key], isKeyNull: false, "record"u8, isValueNull: false);
        return builder.Build().ToArray();
    }

    private Broker Open() => Broker.Open(new BrokerSettings
    {
        Storage = new CheckedStorage(_storage),
        TimeProvider = _time,
        DutyPump = _pump,
        RandomSeed = 1,
        LogRetentionCheckIntervalMs = 1,
    });

    private async Task ReopenAsync()
    {
        await _broker.DisposeAsync();
        _broker = Open();
    }

    /// <summary>A topic whose segments hold one record each, unless it is said otherwise.</summary>
    private void Create(params (string Key, string Value)[] configs)
    {
        var all = new Dictionary<string, string> { ["segment.bytes"] = "100", ["retention.ms"] = "-1", ["segment.ms"] = $"{long.MaxValue}" };
        foreach ((string key, string value) in configs)
        {
            all[key] = value;
        }

        Assert.True(_broker.CreateTopic(new NewTopic("orders", 1) { Configs = all }).IsSuccess);
    }

    private async Task AppendAsync(long timestamp, int count)
    {
        for (int i = 0; i < count; i++)
        {
            Assert.Equal(ErrorCode.None, (await _broker.AppendAsync(BrokerExtensions.Orders, Record(timestamp, i), Acks.Leader)).Error);
        }
    }

    /// <summary>Lets the next check come, a millisecond later.</summary>
    private void Check() => _pump.Advance(1);

    private (long Start, long End) Offsets()
    {
        Assert.True(_broker.ListOffsets(BrokerExtensions.Orders, out long start, out long end).IsSuccess);
        return (start, end);
    }

    private long[] Files(string suffix)
    {
        _memory.List("orders-0", out IReadOnlyList<string> names);
        return [.. names.Where(name => name.EndsWith(suffix, StringComparison.Ordinal)).Select(static name => long.Parse(name.AsSpan(0, 20), System.Globalization.CultureInfo.InvariantCulture))];
    }
}
