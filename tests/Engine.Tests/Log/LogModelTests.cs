using Engine.Tests.Support;
using FsCheck;
using FsCheck.Fluent;
using Zurau;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>Any history of appends, reads, deletions and reopenings of a log is that of a list.</summary>
public sealed class LogModelTests
{
    [Fact]
    public void A_log_behaves_like_a_list_of_records() => Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), static seed =>
    {
        var random = new Random(seed);
        using var storage = new MemoryStorage();
        LogSettings settings = Settings(random);
        var model = new List<(long Timestamp, string Value)>();
        long start = 0;
        var cache = new SegmentCache(random.Next(1, 4));
        PartitionLog log = Logs.Open(storage, out _, settings, cache: cache);
        for (int step = 0; step < 60; step++)
        {
            switch (random.Next(10))
            {
                case < 5:
                    Append(log, model, random);
                    break;
                case 5:
                    Assert.Equal(model.Skip((int)start).Select(static record => record.Value), Logs.ReadAll(log, start, random.Next(1, 4000)).Select(static record => record.Value));
                    break;
                case 6:
                    long asked = random.Next(0, 1000);
                    int found = model.FindIndex((int)start, record => record.Timestamp >= asked);
                    Assert.Equal(found, TimestampLookup.Find(log, asked, IsolationLevel.ReadUncommitted).Offset);
                    break;
                case 7:
                    long before = random.Next((int)start, model.Count + 2);
                    Assert.Equal(before <= model.Count, log.DeleteRecords(before));
                    start = before <= model.Count ? before : start;
                    break;
                case 8:
                    bool isClean = random.Next(2) == 0;
                    if (isClean)
                    {
                        Assert.True(log.Close().IsOk);
                        Soundness.AssertClosed(storage);
                    }

                    long recoveryPoint = isClean ? long.MaxValue : log.RecoveryPoint;
                    log.Release();
                    settings = Settings(random);
                    log = Logs.Open(storage, out _, settings, recoveryPoint, start, cache);
                    break;
                default:
                    log.FlushSealed();
                    break;
            }

            Assert.Equal((start, model.Count), (log.LogStartOffset, log.ReadEnd().Offset));
            Assert.True(log.LogStartOffset <= log.LastStableOffset && log.LastStableOffset <= log.ReadEnd().Offset);
        }

        log.Release();
        return true;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_segment_rolls_when_a_record_is_segment_ms_later_than_its_first()
    {
        using var storage = new MemoryStorage();
        PartitionLog log = Logs.Open(storage, new LogSettings { SegmentMs = 1000 });
        foreach (long timestamp in new long[] { 5000, 5500, 6000, 6001, 7000, 100, 7002 })
        {
            log.Append(Batch((timestamp, "x")), out _);
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
            log.Append(Batch((1, "x")), out _);
        }

        Assert.All(log.Segments, static segment => Assert.True(segment.Offsets.Count <= 5));
        Assert.True(log.Segments.Length >= 6);
        log.Release();
    }

    [Fact]
    public void What_a_failed_flush_may_have_lost_is_written_again_before_it_counts_as_durable()
    {
        using var memory = new MemoryStorage();
        var storage = new FaultyStorage(memory);
        storage.CreateDirectory(Logs.Directory);
        PartitionLog log = Logs.Open(storage);
        log.Append(Batch((1, "doubtful")), out _);
        log.Release();

        PartitionLog reopened = Logs.Open(storage);
        int before = storage.Writes;
        Assert.True(reopened.Flusher.FlushNow().IsOk);
        Assert.True(storage.Writes > before);
        Assert.Equal(1, reopened.Flusher.DurableEnd);
        before = storage.Writes;
        reopened.Append(Batch((1, "new")), out _);
        Assert.True(reopened.Flusher.FlushNow().IsOk);
        Assert.Equal(before, storage.Writes);
        reopened.Release();
    }

    private static LogSettings Settings(Random random) => new()
    {
        SegmentBytes = random.Next(400, 5000),
        IndexIntervalBytes = random.Next(1, 1000),
        SegmentMs = random.Next(2) == 0 ? 300 : long.MaxValue,
    };

    private static void Append(PartitionLog log, List<(long Timestamp, string Value)> model, Random random)
    {
        (long Timestamp, string Value)[] records =
            [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => ((long)random.Next(0, 1000), $"{random.Next()}{new string('x', random.Next(20))}"))];
        AppendResult result = log.Append(Batch(records), out long end);
        Assert.Equal((ErrorCode.None, (long)model.Count), (result.Error, result.BaseOffset));
        model.AddRange(records);
        Assert.Equal(model.Count, end);
    }

    private static byte[] Batch(params (long Timestamp, string Value)[] records)
    {
        var builder = new RecordBatchBuilder(new byte[BatchLayout.HeaderSize + (records.Length * 128)]);
        foreach ((long timestamp, string value) in records)
        {
            builder.Append(timestamp, default, isKeyNull: true, System.Text.Encoding.UTF8.GetBytes(value), isValueNull: false);
        }

        return builder.Build().ToArray();
    }
}
