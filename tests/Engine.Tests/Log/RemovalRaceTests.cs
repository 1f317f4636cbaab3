using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>
/// Segments are removed, evicted, flushed, read and appended to at once, by threads of
/// their own.
/// </summary>
public sealed class RemovalRaceTests
{
    private const int MinBatches = 2000;
    private const int MaxBatches = 200_000;
    private const int StepsEach = 300;

    [Fact]
    public void Removing_flushing_reading_and_appending_at_once_neither_fails_nor_shows_other_bytes() // L13, C13
    {
        using var storage = new MemoryStorage();
        PartitionLog log = Logs.Open(storage, out _, new LogSettings { SegmentBytes = 2000, FileDeleteDelayMs = 0 }, cache: new SegmentCache(2));
        bool isDone = false;
        int slowest = 0;
        var failures = new List<Exception>();
        Thread[] threads =
        [
            Start(() => Keep(log)),
            Start(() => Assert.True(log.Flusher.FlushNow().IsOk)),
            Start(() => Read(log)),
            Start(() => Read(log)),
        ];
        int appended = 0;
        while ((appended < MinBatches || Volatile.Read(ref slowest) < threads.Length) && appended < MaxBatches)
        {
            Assert.Equal(ErrorCode.None, log.Append(Batches.Of($"{appended++}")).Error);
        }

        Volatile.Write(ref isDone, true);
        Array.ForEach(threads, static thread => thread.Join());
        Assert.Empty(failures);
        Keep(log);
        Assert.Equal(appended, log.ReadEnd().Offset);
        Assert.False(log.HasFailed);
        Assert.True(log.Flusher.FlushNow().IsOk);
        Assert.Equal(appended, log.Flusher.DurableEnd);
        Assert.True(log.Segments.Length < 20, $"{log.Segments.Length} segments are left");
        Assert.True(log.Close().IsOk);
        log.Release();

        Thread Start(Action step)
        {
            var thread = new Thread(() =>
            {
                try
                {
                    for (int steps = 1; !Volatile.Read(ref isDone); steps++)
                    {
                        step();
                        if (steps == StepsEach)
                        {
                            Interlocked.Increment(ref slowest);
                        }
                    }
                }
                catch (Exception exception)
                {
                    lock (failures)
                    {
                        failures.Add(exception);
                    }
                }
            });
            thread.Start();
            return thread;
        }
    }

    [Fact]
    public void A_segment_that_was_given_up_is_not_evicted_under_its_last_reader() // C13
    {
        using var storage = new MemoryStorage();
        var cache = new SegmentCache(1);
        PartitionLog log = Logs.Open(storage, out _, new LogSettings { SegmentBytes = 200, FileDeleteDelayMs = 0 }, cache: cache);
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal(ErrorCode.None, log.Append(Batches.Of($"{i}")).Error);
        }

        log.FlushSealed();
        Assert.Equal(ErrorCode.None, log.Reader.Read(0, 1, null, out RecordLease? lease, out _));
        LogSegment held = log.Segments[0];
        Assert.True(log.DeleteRecords(9));
        using (log.Upkeep.Lock.Enter())
        {
            Assert.True(log.Upkeep.Remover.RemoveBelow(9, 0, out IoResult renamed) > 0 && renamed.IsOk);
        }

        Assert.False(held.TryEvict());
        Assert.Equal("0", Batches.Read(lease!.Bytes.Span)[0].Value);
        lease.Release();
        Assert.True(held.IsClosed);
        log.Release();
    }

    [Fact]
    public void Reads_that_meet_a_log_whose_topic_is_just_being_deleted_are_refused_as_those_of_a_deleted_topic()
    {
        using var storage = new MemoryStorage();
        var hooks = new CallingHooks();
        PartitionLog log = Logs.Open(storage, new LogSettings { Hooks = hooks });
        Assert.Equal(ErrorCode.None, log.Append(Batches.Of("a")).Error);
        hooks.OnNext(LogPoint.ReadLeased, () => Assert.True(log.Abandon().IsOk));
        Assert.Equal(ErrorCode.NotLeaderOrFollower, log.Reader.Read(0, 1, null, out RecordLease? lease, out _));
        Assert.Null(lease);
        Assert.Equal(ErrorCode.NotLeaderOrFollower, log.Timestamps.Find(0, IsolationLevel.ReadUncommitted).Error);
        log.Release();
        Assert.All(log.Segments, static segment => Assert.True(segment.IsClosed));
    }

    [Fact]
    public void Appends_that_meet_a_log_whose_topic_is_just_being_deleted_are_refused_as_those_of_a_deleted_topic()
    {
        using var storage = new MemoryStorage();
        var hooks = new CallingHooks();
        PartitionLog log = Logs.Open(storage, new LogSettings { Hooks = hooks });
        IoResult abandoned = IoResult.DeviceError;
        var deletion = new Thread(() => abandoned = log.Abandon());
        hooks.OnNext(LogPoint.AppendLeased, () =>
        {
            deletion.Start();
            SpinWait.SpinUntil(() => log.IsAbandoned);
        });
        Appended result;
        using (log.Upkeep.Lock.Enter()) // The deletion waits for it.
        {
            result = log.Append(Batches.Of("a"));
        }

        deletion.Join();
        Assert.True(abandoned.IsOk);
        Assert.Equal((ErrorCode.NotLeaderOrFollower, -1), (result.Error, result.BaseOffset));
        log.Release();
    }

    private static void Keep(PartitionLog log)
    {
        using (log.Upkeep.Lock.Enter())
        {
            Assert.True(log.DeleteRecords(Math.Max(log.LogStartOffset, log.ReadEnd().Offset - 100)));
            log.Upkeep.Remover.RemoveBelow(log.LogStartOffset, 0, out _);
            log.Upkeep.Remover.DeleteDue(1);
        }
    }

    private static void Read(PartitionLog log)
    {
        long offset = log.LogStartOffset;
        ErrorCode error = log.Reader.Read(offset, 5000, null, out RecordLease? lease, out _);
        Assert.True(error is ErrorCode.None or ErrorCode.OffsetOutOfRange, $"reading from {offset}: {error}");
        if (lease is not null)
        {
            List<(long Offset, string Value)> records = Batches.Read(lease.Bytes.Span);
            Assert.All(records, static record => Assert.Equal($"{record.Offset}", record.Value));
            lease.Release();
        }

        log.Timestamps.Find(1, IsolationLevel.ReadUncommitted);
    }
}
