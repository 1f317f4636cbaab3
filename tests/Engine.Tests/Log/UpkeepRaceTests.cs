using System.Text;
using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Log.Cleaning;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>Retention, cleaning and deletion beside rolls, each on a thread of its own.</summary>
public sealed class UpkeepRaceTests
{
    private const int Appends = 4000;
    private const int BatchesPerStep = 50; // Then the appends wait for a step of each thread: else a slow one is left with too many files.
    private const int Keys = 7;

    [Fact]
    public void A_backfill_of_old_records_beside_retention_fails_nowhere_and_loses_nothing_young() // S1, C11
    {
        using var storage = new MemoryStorage();
        PartitionLog log = Logs.Open(storage, out _, new LogSettings { SegmentBytes = 400, FileDeleteDelayMs = 0, SegmentMs = long.MaxValue }, cache: new SegmentCache(2));
        long youngMs = log.NowMs;
        Run(log, appended => appended % 100 == 99 ? Keyed(appended, youngMs) : Keyed(appended, 1000), () => Retain(log), () => Delete(log), () => Flush(log), () => Read(log));

        // All deleted records had expired or were deleted explicitly: the rest begins with a
        // segment and ends at the end.
        Retain(log);
        List<(long Offset, string Value)> left = Logs.ReadAll(log, log.LogStartOffset);
        Assert.Equal(left.Select(static record => $"{record.Offset}"), left.Select(static record => record.Value));
        Close(log);
    }

    [Fact]
    public void Cleaning_retention_and_deletion_beside_rolls_keep_the_last_value_of_every_key() // S1, C1, C10
    {
        using var storage = new MemoryStorage();
        var settings = new LogSettings { SegmentBytes = 400, FileDeleteDelayMs = 0, SegmentMs = long.MaxValue, IsCompacted = true, RetentionMs = -1, RetentionBytes = 1_000_000 };
        PartitionLog log = Logs.Open(storage, out _, settings, cache: new SegmentCache(2));
        int appended = Run(log, number => Keyed(number, log.NowMs), () => Clean(log), () => Retain(log), () => Flush(log), () => Read(log));
        Clean(log);
        List<(long Offset, string Value)> left = Logs.ReadAll(log, log.LogStartOffset);
        for (int number = appended - Keys; number < appended; number++)
        {
            Assert.Contains((number, $"{number}"), left);
        }

        Assert.True(left.Count < appended, "nothing was cleaned");
        Close(log);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void Segments_that_start_during_a_retention_check_are_left_for_the_next_one(int rolls) // S1
    {
        using var storage = new MemoryStorage();
        var hooks = new RollingHooks();
        PartitionLog log = Logs.Open(storage, new LogSettings { SegmentBytes = 100, SegmentMs = long.MaxValue, Hooks = hooks });
        log.Append(Keyed(0, 1000));
        log.Append(Keyed(1, 1000));
        hooks.Listed = () =>
        {
            hooks.Listed = null;
            for (int i = 0; i < rolls; i++)
            {
                log.Append(Keyed(2 + i, i + 1 == rolls ? log.NowMs : 1000));
            }
        };
        Retain(log);
        Retain(log);
        Assert.Equal((1 + rolls, 2 + rolls), (log.LogStartOffset, log.ReadEnd().Offset));
        Assert.Equal($"{1 + rolls}", Assert.Single(Logs.ReadAll(log, log.LogStartOffset)).Value);
        Close(log);
    }

    /// <summary>
    /// Appends while every other thread makes its steps; returns how many batches.
    /// </summary>
    private static int Run(PartitionLog log, Func<int, byte[]> make, params Action[] steps)
    {
        bool isDone = false;
        int[] made = new int[steps.Length];
        var failures = new List<Exception>();
        Thread[] threads = [.. steps.Select((step, index) => new Thread(() =>
        {
            try
            {
                while (!Volatile.Read(ref isDone)) // Ends with the appends.
                {
                    step();
                    Interlocked.Increment(ref made[index]);
                }
            }
            catch (Exception exception)
            {
                lock (failures)
                {
                    failures.Add(exception);
                }

                Volatile.Write(ref isDone, true);
            }
        }))];
        Array.ForEach(threads, static thread => thread.Start());
        int appended = 0;
        while (!Volatile.Read(ref isDone) && appended < Appends)
        {
            Assert.Equal(ErrorCode.None, log.Append(make(appended++)).Error);
            if (appended % BatchesPerStep == 0)
            {
                int[] before = [.. made];
                SpinWait.SpinUntil(() => Volatile.Read(ref isDone) || before.Zip(made).All(static pair => pair.First != pair.Second));
            }
        }

        Volatile.Write(ref isDone, true);
        Array.ForEach(threads, static thread => thread.Join());
        Assert.Empty(failures);
        Assert.Equal(appended, log.ReadEnd().Offset);
        Assert.False(log.HasFailed);
        return appended;
    }

    private static byte[] Keyed(int number, long timestampMs)
    {
        var builder = new RecordBatchBuilder(new byte[200]);
        builder.Append(timestampMs, Encoding.UTF8.GetBytes($"k{number % Keys}"), false, Encoding.UTF8.GetBytes($"{number}"), false);
        return builder.Build().ToArray();
    }

    private static void Retain(PartitionLog log)
    {
        using (log.Upkeep.Lock.Enter())
        {
            LogRetention.Enforce(log.Upkeep, ExpiryTime.Exactly(log.NowMs));
            log.Upkeep.Remover.RemoveBelow(log.LogStartOffset, 0, out _);
            log.Upkeep.Remover.DeleteDue(1);
        }
    }

    private static void Clean(PartitionLog log)
    {
        Flush(log);
        log.FlushSealed();
        LogCleaning? cleaning = null;
        using (log.Upkeep.Lock.Enter())
        {
            CleanableRange range = CleanableRange.Of(log.Upkeep, ExpiryTime.Exactly(log.NowMs), log.RecoveryPoint);
            cleaning = range.DirtyBytes == 0 ? null : new LogCleaning(log.Upkeep, range, Cleanings.Default with { StepBytes = 500 }, new Random(1), log.NowMs, log.Upkeep.CopyProducers());
        }

        bool goesOn = cleaning is not null;
        while (goesOn && !cleaning!.IsDone)
        {
            using (log.Upkeep.Lock.Enter())
            {
                goesOn = cleaning.Step(0);
            }
        }

        using (log.Upkeep.Lock.Enter())
        {
            cleaning?.Dispose();
        }
    }

    private static void Delete(PartitionLog log) => Assert.True(log.DeleteRecords(log.ReadEnd().Offset - 50 is > 0 and long below ? below : 0));

    private static void Flush(PartitionLog log) => Assert.True(log.Flusher.FlushNow().IsOk);

    private static void Read(PartitionLog log)
    {
        long offset = log.LogStartOffset;
        ErrorCode error = log.Reader.Read(offset, 5000, null, out RecordLease? lease, out _);
        Assert.True(error is ErrorCode.None or ErrorCode.OffsetOutOfRange, $"reading from {offset}: {error}");
        if (lease is not null)
        {
            Assert.All(Batches.Read(lease.Bytes.Span), static record => Assert.Equal($"{record.Offset}", record.Value));
            lease.Release();
        }

        log.Timestamps.Find(1, IsolationLevel.ReadUncommitted);
    }

    private static void Close(PartitionLog log)
    {
        Assert.True(log.Close().IsOk);
        log.Release();
    }

    private sealed class RollingHooks : LogHooks
    {
        internal Action? Listed { get; set; }

        internal override void At(LogPoint point, LogSegment? segment = null, int position = 0, int length = 0)
        {
            if (point == LogPoint.RetentionListed)
            {
                Listed?.Invoke();
            }
        }
    }
}
