using CsCheck;
using Engine.Tests.Support;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>
/// Any history of appends, reads, deletions and reopenings of a log is that of a list.
/// </summary>
public sealed class LogModelTests
{
    private static readonly Gen<LogHistory.Layout> s_layout =
        Gen.Select(Gen.Int[400, 5000], Gen.Int[1, 1000], Gen.Bool, static (segment, interval, isRolledByTime) => new LogHistory.Layout(segment, interval, isRolledByTime));

    private static readonly Gen<LogHistory.Operation> s_operation = Gen.Frequency<LogHistory.Operation>(
        (5, Gen.Select(Gen.Int[1, 4], Gen.Int[0, 999], Gen.Int[0, 999], Gen.Int[0, 40], static (records, timestamp, step, padding) => new LogHistory.Append(records, timestamp, step, padding))),
        (1, Gen.Select(Gen.Int[0, 200], Gen.Int[1, 4000], static (skipped, maxBytes) => new LogHistory.Read(skipped, maxBytes))),
        (1, Gen.Int[0, 999].Select(static timestamp => new LogHistory.FindTime(timestamp))),
        (1, Gen.Int[0, 200].Select(static records => new LogHistory.Delete(records))),
        (1, Gen.Select(Gen.Bool, s_layout, static (isClean, layout) => new LogHistory.Reopen(isClean, layout))),
        (1, Gen.Const(new LogHistory.FlushSealed())));

    [Fact]
    public void A_log_behaves_like_a_list_of_records() => Property.HoldsForHistories(Gen.Select(Gen.Int[1, 3], s_layout), s_operation, 60, static (setup, operations) =>
    {
        using var history = new LogHistory(setup.Item1, setup.Item2);
        operations.ForEach(history.Do);
    });

    [Fact]
    public void A_segment_rolls_when_a_record_is_segment_ms_later_than_its_first()
    {
        using var storage = new MemoryStorage();
        PartitionLog log = Logs.Open(storage, new LogSettings { SegmentMs = 1000 });
        foreach (long timestamp in new long[] { 5000, 5500, 6000, 6001, 7000, 100, 7002 })
        {
            log.Append(LogHistory.Batch((timestamp, "x")));
        }

        Assert.Equal([0, 3, 6], log.Segments.Select(static segment => segment.BaseOffset));
        log.Release();
    }

    [Fact]
    public void A_segment_rolls_when_its_index_is_full()
    {
        using var storage = new MemoryStorage();
        PartitionLog log = Logs.Open(storage, new LogSettings { IndexIntervalBytes = 1, SegmentIndexBytes = 8 * 5 });
        for (int i = 0; i < 40; i++)
        {
            log.Append(LogHistory.Batch((1, "x")));
        }

        Assert.All(log.Segments, static segment => Assert.True(segment.Offsets.Count <= 5));
        Assert.True(log.Segments.Length >= 6);
        log.Release();
    }

    [Fact]
    public void Data_that_a_failed_flush_may_have_lost_is_rewritten_before_it_is_treated_as_durable()
    {
        using var memory = new MemoryStorage();
        var storage = new FaultyStorage(memory);
        storage.CreateDirectory(Logs.Directory);
        PartitionLog log = Logs.Open(storage);
        log.Append(LogHistory.Batch((1, "doubtful")));
        log.Release();

        PartitionLog reopened = Logs.Open(storage);
        int before = storage.Writes;
        Assert.True(reopened.Flusher.FlushNow().IsOk);
        Assert.True(storage.Writes > before);
        Assert.Equal(1, reopened.Flusher.DurableEnd);
        before = storage.Writes;
        reopened.Append(LogHistory.Batch((1, "new")));
        Assert.True(reopened.Flusher.FlushNow().IsOk);
        Assert.Equal(before, storage.Writes);
        reopened.Release();
    }
}
