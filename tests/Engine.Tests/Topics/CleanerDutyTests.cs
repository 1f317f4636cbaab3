using System.Text;
using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Engine.Tests.Topics;

/// <summary>Which logs a broker's cleaner cleans, when, and what it does when it cannot.</summary>
public sealed class CleanerDutyTests : IAsyncDisposable
{
    private const int Backoff = 15_000;
    private const string End = "end";
    private readonly MemoryStorage _memory = new();
    private readonly FaultyStorage _storage;
    private readonly SteppedTime _time = new();
    private SteppedPump _pump;
    private Broker _broker;

    public CleanerDutyTests()
    {
        _storage = new FaultyStorage(_memory);
        _pump = new SteppedPump(_time);
        _broker = Open();
    }

    [Fact]
    public async Task A_compacted_topic_is_cleaned_and_the_cleaner_continues_from_there_after_a_restart()
    {
        Create("orders");
        await PutAsync("orders", 20, keys: 4);
        _pump.Advance(Backoff);
        Assert.Equal(["16", "17", "18", "19"], await ValuesAsync("orders"));
        long cleaned = OffsetCheckpoint.Read(_memory, "cleaner-offset-checkpoint")[new TopicPartition("orders", 0)];
        Assert.Equal(20, cleaned);
        Assert.True(Files("orders-0", ".log.deleted").Length > 0);
        _pump.Advance(60_000);
        Assert.Empty(Files("orders-0", ".deleted"));

        await ReopenAsync();
        int writes = _storage.Writes;
        _pump.Advance(Backoff);
        Assert.Equal(writes, _storage.Writes);
        await PutAsync("orders", 30, keys: 4, from: 20);
        _pump.Advance(Backoff);
        Assert.Equal(["46", "47", "48", "49"], await ValuesAsync("orders"));
    }

    [Fact]
    public async Task The_dirtiest_log_is_cleaned_first()
    {
        await ReopenAsync(bytesPerSecond: 1);
        Create("aaa");
        Create("bbb");
        await PutAsync("aaa", 20, keys: 2);
        await PutAsync("bbb", 20, keys: 2);
        _pump.Advance(Backoff);
        await DrainAsync(() => ValuesAsync("bbb").Result.Count == 2);
        await PutAsync("aaa", 10, keys: 2, from: 20);
        await PutAsync("bbb", 60, keys: 2, from: 20);
        await DrainAsync(() => ValuesAsync("bbb").Result.Count == 2);
        Assert.True((await ValuesAsync("aaa")).Count > 2);
        await DrainAsync(() => ValuesAsync("aaa").Result.Count == 2);
    }

    [Fact]
    public async Task A_log_whose_records_wait_too_long_comes_before_the_dirtiest_one()
    {
        await ReopenAsync(bytesPerSecond: 1);
        Create("patient", ("min.cleanable.dirty.ratio", "1"), ("max.compaction.lag.ms", "1000"));
        Create("dirty");
        await PutAsync("patient", 20, keys: 10);
        await PutAsync("dirty", 40, keys: 2);
        await DrainAsync(() => ValuesAsync("patient").Result.Count == 10);
        Assert.True((await ValuesAsync("dirty")).Count > 2);
        await DrainAsync(() => ValuesAsync("dirty").Result.Count == 2);
    }

    [Fact]
    public async Task A_segment_is_full_when_its_first_record_has_waited_for_max_compaction_lag_ms()
    {
        Create("orders", ("min.cleanable.dirty.ratio", "1"), ("max.compaction.lag.ms", "60000"), ("segment.bytes", "1000000"));
        await PutAsync("orders", 20, keys: 2);
        _pump.Advance(60_000);
        await PutAsync("orders", 2, keys: 2, from: 20);
        Assert.Single(Files("orders-0", ".log"));
        _pump.Advance(1);
        await PutAsync("orders", 2, keys: 2, from: 22);
        Assert.Equal(2, Files("orders-0", ".log").Length);
        _pump.Advance(Backoff);
        Assert.Equal(["20", "21", "22", "23"], await ValuesAsync("orders"));
    }

    [Fact]
    public async Task Cleaning_reads_and_writes_no_more_than_it_may_a_second()
    {
        await ReopenAsync(bytesPerSecond: 1000, stepBytes: 100);
        Create("orders");
        await PutAsync("orders", 50, keys: 2);
        long size = Size("orders-0");
        _pump.Advance(Backoff);
        long begun = _time.NowMs;
        await DrainAsync(() => ValuesAsync("orders").Result.Count == 2, ms: 1);

        // Nearly all of it is read twice.
        Assert.InRange(_time.NowMs - begun, (size * 2) - 1000, (size * 2) + 1000);
    }

    [Fact]
    public async Task A_partition_whose_cleaning_fails_is_set_aside_and_reported_and_the_others_are_cleaned()
    {
        Create("broken");
        Create("sound");
        await PutAsync("broken", 20, keys: 2);
        await PutAsync("sound", 20, keys: 2);
        string damaged = Files("broken-0", ".log")[1];
        byte[] before = _memory.Flip($"broken-0/{damaged}", 65);
        _pump.Advance(Backoff);
        _pump.Advance(Backoff);
        Assert.Equal(["18", "19"], await ValuesAsync("sound"));
        (TopicPartition partition, string reason) = Assert.Single(_broker.UncleanablePartitions);
        Assert.Equal(new TopicPartition("broken", 0), partition);
        Assert.Contains(damaged, reason, StringComparison.Ordinal);
        Assert.Equal(21, Files("broken-0", ".log").Length);
        Assert.Empty(Files("broken-0", ".cleaned"));

        // A changed setting makes the cleaner try again.
        _memory.Open($"broken-0/{damaged}", FileOpening.Existing, out IStorageFile? file);
        file!.Write(0, before);
        file.Dispose();
        _pump.Advance(Backoff);
        Assert.Single(_broker.UncleanablePartitions);
        Assert.True(_broker.AlterTopicConfigs("broken", [new ConfigChange("delete.retention.ms", "5")]).IsSuccess);
        _pump.Advance(Backoff);
        Assert.Empty(_broker.UncleanablePartitions);
        Assert.Equal(["18", "19"], await ValuesAsync("broken"));
    }

    [Fact]
    public async Task A_full_disk_is_waited_for()
    {
        Create("orders");
        await PutAsync("orders", 20, keys: 2);
        _storage.Creation = IoResult.NoSpace;
        _pump.Advance(Backoff);
        _storage.Creation = IoResult.Ok;
        Assert.Equal(20, (await ValuesAsync("orders")).Count);
        Assert.Empty(_broker.UncleanablePartitions);
        _pump.Advance(Backoff);
        Assert.Equal(["18", "19"], await ValuesAsync("orders"));
    }

    [Fact]
    public async Task A_cleaning_ends_when_the_topic_is_not_compacted_any_more_and_starts_again_when_it_is() // C10
    {
        await ReopenAsync(stepBytes: 100, bytesPerSecond: 1);
        Create("orders");
        await PutAsync("orders", 20, keys: 2);
        Widen();
        await DrainAsync(() => Files("orders-0", ".cleaned").Length > 0);
        Assert.True(_broker.AlterTopicConfigs("orders", [new ConfigChange("cleanup.policy", "delete")]).IsSuccess);
        await DrainAsync(() => Files("orders-0", ".cleaned").Length == 0);
        Assert.Equal(20, (await ValuesAsync("orders")).Count);
        Assert.True(_broker.AlterTopicConfigs("orders", [new ConfigChange("cleanup.policy", "compact", ConfigOperation.Append)]).IsSuccess);
        await DrainAsync(() => ValuesAsync("orders").Result.Count == 2);
    }

    [Fact]
    public async Task A_topic_that_is_not_compacted_any_more_is_read_whole_though_its_cleaning_had_come_half_way() // C10
    {
        await ReopenAsync(stepBytes: 100, bytesPerSecond: 1);
        Create("orders");
        await PutAsync("orders", 20, keys: 2);
        await DrainAsync(() => ValuesAsync("orders").Result.Count == 17);
        Assert.True(_broker.AlterTopicConfigs("orders", [new ConfigChange("cleanup.policy", "delete")]).IsSuccess);
        List<string> left = await ValuesAsync("orders");
        Assert.Equal(17, left.Count);

        // Killed, and told by the settings that are on disk that nothing makes gaps in it.
        _memory.Release();
        _pump = new SteppedPump(_time);
        _broker = Open();
        Assert.Equal(left, await ValuesAsync("orders"));
    }

    [Fact]
    public async Task Nothing_is_cleaned_that_is_not_known_to_be_flushed_also_when_more_is_flushed_meanwhile()
    {
        Create("orders");
        var partition = new TopicPartition("orders", 0);
        await PutAsync("orders", 20, keys: 2);
        var swaps = new List<(long BaseOffset, long RecoveryPoint)>();
        bool isFirst = true;
        _storage.Renaming = to =>
        {
            if (to.EndsWith(".log.swap", StringComparison.Ordinal))
            {
                swaps.Add((long.Parse(Path.GetFileName(to)[..20]), OffsetCheckpoint.Read(_memory, "recovery-point-offset-checkpoint")[partition]));
            }
            else if (isFirst && to == "recovery-point-offset-checkpoint")
            {
                isFirst = false;
                PutAsync("orders", 10, keys: 2, from: 20).GetAwaiter().GetResult();
                _broker.FindLog(partition)!.FlushSealed();
            }
        };
        _pump.Advance(Backoff);
        Assert.False(isFirst);
        Assert.True(swaps.Count > 10);
        Assert.All(swaps, static swap => Assert.True(swap.BaseOffset < swap.RecoveryPoint, $"{swap}"));
    }

    [Fact]
    public async Task The_whole_log_with_its_markers_is_on_disk_before_a_cleaning_replaces_segments() // T6
    {
        Create("orders");
        var partition = new TopicPartition("orders", 0);
        await PutAsync("orders", 20, keys: 2);
        PartitionLog log = _broker.FindLog(partition)!;
        log.FlushSealed();
        long end = log.ReadEnd().Offset + 1;
        var late = new RecordBatchBuilder(new byte[200]);
        late.Append(_time.NowMs, "late"u8, false, "late"u8, false);
        await _broker.AppendAsync(partition, late.Build(), Acks.Leader);
        var durable = new List<long>();
        _storage.Renaming = to =>
        {
            if (to.EndsWith(".log.swap", StringComparison.Ordinal))
            {
                durable.Add(log.Flusher.DurableEnd);
            }
        };
        _pump.Advance(Backoff);
        Assert.NotEmpty(durable);
        Assert.All(durable, durableEnd => Assert.Equal(end, durableEnd));
    }

    [Fact]
    public async Task A_topic_deleted_and_made_again_during_a_cleaning_sees_nothing_of_it() // C10, L14
    {
        await ReopenAsync(stepBytes: 100, bytesPerSecond: 1);
        Create("orders");
        await PutAsync("orders", 20, keys: 2);
        Widen();
        await DrainAsync(() => Files("orders-0", ".cleaned").Length > 0);
        Assert.True((await _broker.DeleteTopicAsync("orders")).IsSuccess);
        Create("orders");
        await PutAsync("orders", 1, keys: 1);
        for (int i = 0; i < 20; i++)
        {
            _pump.Advance(Backoff);
        }

        Assert.Equal(["0"], await ValuesAsync("orders"));
        Assert.Empty(Files("orders-0", ".cleaned"));
        Assert.Empty(_broker.UncleanablePartitions);
        Assert.InRange(OffsetCheckpoint.Read(_memory, "cleaner-offset-checkpoint")[new TopicPartition("orders", 0)], 0, 1);
    }

    [Fact]
    public async Task Records_that_retention_deletes_during_a_cleaning_stay_deleted_and_the_cleaning_starts_again() // C10
    {
        await ReopenAsync(stepBytes: 100, bytesPerSecond: 1);
        Create("orders", ("cleanup.policy", "compact,delete"), ("retention.ms", "-1"));
        await PutAsync("orders", 20, keys: 5);
        Widen();
        await DrainAsync(() => Files("orders-0", ".cleaned").Length > 0);
        Assert.True(_broker.DeleteRecords(new TopicPartition("orders", 0), 17).IsSuccess);
        await DrainAsync(() => Files("orders-0", ".log")[0].EndsWith("17.log", StringComparison.Ordinal));
        Assert.True(_broker.AlterTopicConfigs("orders", [new ConfigChange("segment.bytes", "100")]).IsSuccess);
        await PutAsync("orders", 20, keys: 5, from: 20);
        await DrainAsync(() => ValuesAsync("orders").Result.Count == 5);
        Assert.Equal(["35", "36", "37", "38", "39"], await ValuesAsync("orders"));
    }

    [Fact]
    public async Task Committed_offsets_are_compacted_and_read_back() // G4
    {
        Create("orders");
        await PutAsync("orders", 1, keys: 1);
        await CommitAsync(0);
        Assert.True(_broker.AlterTopicConfigs("__consumer_offsets", [new ConfigChange("segment.bytes", "400")]).IsSuccess);
        for (int i = 1; i <= 50; i++)
        {
            await CommitAsync(i);
        }

        long before = Size("__consumer_offsets-0");
        _pump.Advance(Backoff);
        Assert.True(Size("__consumer_offsets-0") < before / 10, $"{before} bytes became {Size("__consumer_offsets-0")}");
        await ReopenAsync();
        Assert.Equal(50, _broker.Groups.FetchOffsets("billing", [new TopicPartition("orders", 0)])[0].Committed!.Value.Offset);
    }

    [Fact]
    public async Task A_stop_in_the_middle_of_a_cleaning_leaves_nothing_of_it()
    {
        await ReopenAsync(stepBytes: 100, bytesPerSecond: 1);
        Create("orders");
        await PutAsync("orders", 20, keys: 2);
        Widen();
        await DrainAsync(() => Files("orders-0", ".cleaned").Length > 0);
        await ReopenAsync();
        Assert.Equal(20, (await ValuesAsync("orders")).Count);
    }

    public async ValueTask DisposeAsync()
    {
        await _broker.DisposeAsync();
        _memory.Dispose();
    }

    private Broker Open(double bytesPerSecond = double.MaxValue, int stepBytes = 4096) => Broker.Open(new BrokerSettings
    {
        Storage = new CheckedStorage(_storage),
        TimeProvider = _time,
        DutyPump = _pump,
        RandomSeed = 1,
        LogCleanerBackoffMs = Backoff,
        LogCleanerIoMaxBytesPerSecond = bytesPerSecond,
        CleanerStepBytes = stepBytes,
    });

    private async Task ReopenAsync(double bytesPerSecond = double.MaxValue, int stepBytes = 4096)
    {
        await _broker.DisposeAsync();
        _broker = Open(bytesPerSecond, stepBytes);
    }

    /// <summary>A compacted topic whose segments hold one record each.</summary>
    private void Create(string topic, params (string Key, string Value)[] configs)
    {
        var all = new Dictionary<string, string> { ["cleanup.policy"] = "compact", ["segment.bytes"] = "100" };
        foreach ((string key, string value) in configs)
        {
            all[key] = value;
        }

        Assert.True(_broker.CreateTopic(new NewTopic(topic, 1) { Configs = all }).IsSuccess);
    }

    /// <summary>Puts numbers, and one record more, which is alone in the active segment.</summary>
    private async Task PutAsync(string topic, int count, int keys, int from = 0)
    {
        for (int i = from; i <= from + count; i++)
        {
            (string key, string value) = i == from + count ? (End, End) : ($"k{i % keys}", $"{i}");
            var builder = new RecordBatchBuilder(new byte[200]);
            builder.Append(_time.NowMs, Encoding.UTF8.GetBytes(key), false, Encoding.UTF8.GetBytes(value), false);
            Assert.Equal(ErrorCode.None, (await _broker.AppendAsync(new TopicPartition(topic, 0), builder.Build(), Acks.Leader)).Error);
        }
    }

    private async Task CommitAsync(long offset) => Assert.Equal(
        ErrorCode.None,
        (await _broker.Groups.CommitOffsetsAsync("billing", "", -1, [KeyValuePair.Create(new TopicPartition("orders", 0), new OffsetAndMetadata(offset))]))[0].Error);

    private async Task<List<string>> ValuesAsync(string topic)
    {
        Assert.True(_broker.ListOffsets(new TopicPartition(topic, 0), out long start, out _).IsSuccess);
        return [.. (await _broker.ReadAllAsync(new TopicPartition(topic, 0), start)).Select(static record => record.Value).Where(static value => value != End)];
    }

    /// <summary>Lets time pass until something is so.</summary>
    private async Task DrainAsync(Func<bool> isSo, long ms = Backoff)
    {
        for (int i = 0; i < 20_000 && !isSo(); i++)
        {
            _pump.Advance(ms);
            await Task.Yield();
        }

        Assert.True(isSo());
    }

    private string[] Files(string folder, string suffix)
    {
        _memory.List(folder, out IReadOnlyList<string> names);
        return [.. names.Where(name => name.EndsWith(suffix, StringComparison.Ordinal))];
    }

    private long Size(string folder) => Files(folder, ".log").Sum(name => _memory.LengthOf($"{folder}/{name}"));

    /// <summary>Lets a cleaning put all segments into one.</summary>
    private void Widen() => Assert.True(_broker.AlterTopicConfigs("orders", [new ConfigChange("segment.bytes", "1000000")]).IsSuccess);
}
