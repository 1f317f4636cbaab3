using System.Text;
using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Engine.Tests.Topics;

/// <summary>
/// A wall clock that is wrong at one check deletes nothing; time that really passes
/// does.
/// </summary>
public sealed class ClockJumpTests : IAsyncDisposable
{
    private const long Day = 24L * 3_600_000;
    private const long TenYears = 3650 * Day;
    private const long Check = 300_000;
    private const int Backoff = 15_000;
    private static readonly TopicPartition s_orders = new("orders", 0);
    private readonly MemoryStorage _memory = new();
    private readonly SteppedTime _time = new();
    private readonly SteppedPump _pump;
    private Broker _broker;

    public ClockJumpTests()
    {
        _pump = new SteppedPump(_time);
        _broker = Open();
    }

    [Fact]
    public async Task A_clock_ten_years_ahead_at_one_check_deletes_nothing_and_real_time_deletes_within_two_checks() // S15, C11, E6
    {
        Create(("retention.ms", $"{Day}"));
        await AppendAsync(3);
        _pump.Advance(Check);
        _time.StepWall(TenYears);
        _pump.Advance(Check);
        _time.StepWall(-TenYears);
        Assert.Equal((0, 3), Offsets());
        _pump.Advance(Check);
        Assert.Equal((0, 3), Offsets());
        await AdvanceAsync(Day - (3 * Check));
        Assert.Equal((0, 3), Offsets());
        await AdvanceAsync(2 * Check);
        Assert.Equal((3, 3), Offsets());
    }

    [Fact]
    public async Task A_clock_ten_years_back_at_one_check_makes_nothing_older() // E6
    {
        Create(("retention.ms", $"{Day}"), ("message.timestamp.after.max.ms", $"{long.MaxValue}"));
        await AppendAsync(3, _time.NowMs + TenYears); // Only the last append determines their age.
        await AppendAsync(1, _time.NowMs + TenYears);
        _pump.Advance(Check);
        _time.StepWall(-TenYears);
        _pump.Advance(Check);
        _time.StepWall(TenYears);
        await AdvanceAsync(Day - (4 * Check));
        Assert.Equal((0, 4), Offsets());
        await AdvanceAsync(5 * Check);
        Assert.Equal((4, 4), Offsets());
    }

    [Fact]
    public async Task A_machine_that_was_suspended_deletes_what_expired_meanwhile_at_the_second_check()
    {
        Create(("retention.ms", $"{Day}"));
        await AppendAsync(3);
        _pump.Advance(Check);
        _time.StepWall(2 * Day);
        _pump.Advance(Check);
        Assert.Equal((0, 3), Offsets());
        _pump.Advance(Check);
        Assert.Equal((3, 3), Offsets());
    }

    [Fact]
    public async Task Records_that_were_appended_while_the_clock_was_ahead_expire_once_it_is_right_again() // C12
    {
        Create(("retention.ms", $"{Day}"));
        _time.StepWall(TenYears);
        await AppendAsync(3, _time.WallMs);
        _time.StepWall(-TenYears);
        await AdvanceAsync(Day - Check);
        Assert.Equal((0, 3), Offsets());
        await AdvanceAsync(4 * Check);
        Assert.Equal((3, 3), Offsets());
    }

    [Fact]
    public async Task A_tombstone_survives_a_clock_jump_and_is_deleted_after_its_retention() // C3, E6
    {
        Create(("cleanup.policy", "compact"), ("delete.retention.ms", $"{Day}"), ("min.cleanable.dirty.ratio", "0.01"));
        await PutAsync("k", "1");
        await PutAsync("k", null);
        await PutAsync("end", "1");
        _pump.Advance(Backoff); // Its horizon is set.
        Assert.Equal(["k", "end"], await KeysAsync());
        _time.StepWall(TenYears);
        await PutAsync("end", "2");
        await PutAsync("end", "3");
        _pump.Advance(Backoff);
        _time.StepWall(-TenYears);
        Assert.Equal("k", (await KeysAsync())[0]);
        _pump.Advance(Backoff);
        Assert.Equal("k", (await KeysAsync())[0]);
        await AdvanceAsync(Day, Day / 4);
        await PutAsync("end", "4");
        await PutAsync("end", "5");
        _pump.Advance(Backoff);
        Assert.DoesNotContain("k", await KeysAsync());
    }

    [Fact]
    public async Task Records_younger_than_min_compaction_lag_ms_are_not_cleaned_by_a_jump()
    {
        Create(("cleanup.policy", "compact"), ("min.compaction.lag.ms", $"{Day}"));
        await PutAsync("k", "1");
        await PutAsync("k", "2");
        await PutAsync("end", "1");
        _time.StepWall(TenYears);
        _pump.Advance(Backoff);
        _time.StepWall(-TenYears);
        _pump.Advance(Backoff);
        Assert.Equal(["k", "k", "end"], await KeysAsync());
        await AdvanceAsync(Day, Day / 4);
        _pump.Advance(Backoff);
        Assert.Equal(["k", "end"], await KeysAsync());
    }

    [Fact]
    public async Task A_producer_expires_after_its_idle_time_across_restarts_and_not_by_a_jump() // I5, I6
    {
        Create();
        Assert.Equal(ErrorCode.None, await SendAsync(7, 0));
        await AdvanceAsync(Day / 2);
        await RestartAsync();
        _time.StepWall(TenYears);
        _pump.Advance(600_000);
        _time.StepWall(-TenYears);
        Assert.Equal([7L], Producers());
        await AdvanceAsync((Day / 2) - (2 * 600_000));
        Assert.Equal([7L], Producers());
        await AdvanceAsync(3 * 600_000);
        Assert.Empty(Producers());
    }

    [Fact]
    public async Task A_producer_that_appends_old_records_does_not_expire_while_it_is_active() // I6
    {
        Create();
        for (int i = 0; i < 6; i++)
        {
            Assert.Equal(ErrorCode.None, await SendAsync(7, i)); // With timestamps of another year.
            await AdvanceAsync(Day / 2);
        }

        Assert.Equal([7L], Producers());
    }

    [Fact]
    public async Task A_producer_with_an_open_transaction_never_expires() // I5
    {
        Create();
        _broker.FindLog(s_orders)!.Producers.AddToTransaction(7, 0, bumpsEpoch: false);
        Assert.Equal(ErrorCode.None, await SendAsync(7, 0, isTransactional: true));
        await AdvanceAsync(3 * Day, Day / 4);
        Assert.Equal([7L], Producers());
    }

    [Fact]
    public async Task A_segment_whose_records_have_no_timestamps_rolls_after_segment_ms_of_the_clock() // C11
    {
        Create(("segment.bytes", "1000000"), ("segment.ms", $"{Day}"), ("retention.ms", "-1"));
        await AppendAsync(1, -1);
        _time.Advance(Day);
        await AppendAsync(1, -1);
        Assert.Single(_broker.FindLog(s_orders)!.Segments);
        _time.Advance(1);
        await AppendAsync(1, -1);
        Assert.Equal([0, 2], _broker.FindLog(s_orders)!.Segments.Select(static segment => segment.BaseOffset));
    }

    public async ValueTask DisposeAsync()
    {
        await _broker.DisposeAsync();
        _memory.Dispose();
    }

    private Broker Open() => Broker.Open(new BrokerSettings
    {
        Storage = new CheckedStorage(_memory),
        TimeProvider = _time,
        DutyPump = _pump,
        RandomSeed = 1,
        LogRetentionCheckIntervalMs = Check,
        LogCleanerBackoffMs = Backoff,
        ProducerIdExpirationMs = Day,
    });

    private async Task RestartAsync()
    {
        await _broker.DisposeAsync();
        _broker = Open();
    }

    /// <summary>A topic whose segments hold one record each.</summary>
    private void Create(params (string Key, string Value)[] configs)
    {
        var all = new Dictionary<string, string> { ["segment.bytes"] = "100", ["segment.ms"] = $"{long.MaxValue}" };
        foreach ((string key, string value) in configs)
        {
            all[key] = value;
        }

        Assert.True(_broker.CreateTopic(new NewTopic("orders", 1) { Configs = all }).IsSuccess);
    }

    private async Task AppendAsync(int count, long? timestamp = null)
    {
        for (int i = 0; i < count; i++)
        {
            await PutAsync($"{i}", "record", timestamp);
        }
    }

    private async Task PutAsync(string key, string? value, long? timestamp = null)
    {
        var builder = new RecordBatchBuilder(new byte[200]);
        builder.Append(timestamp ?? _time.NowMs, Encoding.UTF8.GetBytes(key), false, Encoding.UTF8.GetBytes(value ?? ""), value is null);
        Assert.Equal(ErrorCode.None, (await _broker.AppendAsync(s_orders, builder.Build(), Acks.Leader)).Error);
    }

    private async Task<ErrorCode> SendAsync(long producerId, int sequence, bool isTransactional = false) =>
        (await _broker.AppendAsync(s_orders, Batches.OfProducer(producerId, 0, sequence, isTransactional: isTransactional), Acks.Leader)).Error;

    private IEnumerable<long> Producers() => _broker.Transactions.DescribeProducers(s_orders)!.Select(static producer => producer.ProducerId);

    private async Task<List<string>> KeysAsync()
    {
        Assert.True(_broker.ListOffsets(s_orders, out long start, out long end).IsSuccess);
        var keys = new List<string>();
        for (long offset = start; offset < end;)
        {
            using FetchResponse response = await _broker.FetchAsync(new FetchRequest { Partitions = [new FetchPartition(s_orders, offset)], MaxWaitMs = 0 });
            offset = Take(response.Partitions[0].Records.Span, keys);
        }

        return keys;
    }

    private static long Take(ReadOnlySpan<byte> bytes, List<string> keys)
    {
        long next = -1;
        while (RecordBatchView.TryRead(bytes, out RecordBatchView batch))
        {
            RecordReader reader = batch.Records();
            while (reader.Read())
            {
                keys.Add(Encoding.UTF8.GetString(reader.Key));
            }

            next = batch.LastOffset + 1;
            bytes = bytes[batch.SizeBytes..];
        }

        return next;
    }

    /// <summary>Lets time pass, with every check on the way.</summary>
    private async Task AdvanceAsync(long ms, long step = Check)
    {
        for (long left = ms; left > 0; left -= step)
        {
            _pump.Advance(Math.Min(step, left));
            await Task.Yield();
        }
    }

    private (long Start, long End) Offsets()
    {
        Assert.True(_broker.ListOffsets(s_orders, out long start, out long end).IsSuccess);
        return (start, end);
    }
}
