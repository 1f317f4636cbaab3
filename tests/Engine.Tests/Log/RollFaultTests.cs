using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>
/// What happens to a log when the steps around a roll go wrong, or others work on the
/// same log meanwhile.
/// </summary>
public sealed class RollFaultTests
{
    private static readonly LogSettings s_small = new() { SegmentBytes = 2048, IndexIntervalBytes = 256 };

    [Fact]
    public void A_roll_whose_next_segment_was_deleted_from_outside_refuses_the_append()
    {
        using var memory = new MemoryStorage();
        var storage = new FaultyStorage(memory);
        PartitionLog log = Logs.Open(storage, s_small);
        storage.Renaming = to =>
        {
            memory.List(Logs.Directory, out IReadOnlyList<string> names);
            foreach (string name in names.Where(static name => name.EndsWith(LogFiles.SpareSuffix, StringComparison.Ordinal)))
            {
                memory.Delete($"{Logs.Directory}/{name}");
            }
        };
        (long appended, Appended refused) = Fill(log);
        Assert.Equal(ErrorCode.KafkaStorageError, refused.Error);
        Assert.Contains("no such file", refused.Message);
        Assert.Equal(appended, Logs.ReadAll(log).Count);
        log.Release();

        storage.Renaming = null;
        PartitionLog again = Logs.Open(storage, s_small);
        Assert.Equal(appended, again.Append(Batches.Of("later")).BaseOffset);
        again.Release();
    }

    [Fact]
    public void A_roll_continues_if_another_helper_has_renamed_its_next_segment()
    {
        using var memory = new MemoryStorage();
        var storage = new FaultyStorage(memory);
        PartitionLog log = Logs.Open(storage, s_small);
        storage.Renaming = to =>
        {
            memory.List(Logs.Directory, out IReadOnlyList<string> names);
            Assert.True(memory.Rename($"{Logs.Directory}/{names.Single(static name => name.EndsWith(LogFiles.SpareSuffix, StringComparison.Ordinal))}", to).IsOk);
        };
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal(i, log.Append(Batches.Of($"{i} {new string('x', 100)}")).BaseOffset);
        }

        Assert.True(log.Segments.Length > 3);
        Assert.Equal(100, Logs.ReadAll(log).Count);
        log.Release();
    }

    [Fact]
    public void A_snapshot_that_is_being_written_is_not_deleted_by_a_flush_of_the_full_segments()
    {
        using var memory = new MemoryStorage();
        var storage = new FaultyStorage(memory);
        PartitionLog log = Logs.Open(storage, s_small);
        int flushes = 0;
        storage.Writing = path =>
        {
            if (path.EndsWith(ProducerSnapshot.Suffix, StringComparison.Ordinal))
            {
                storage.Writing = null;
                flushes++;
                log.FlushSealed(); // As the duty does that writes the checkpoints.
            }
        };
        int sequence = 0;
        while (log.Segments.Length < 2)
        {
            Assert.Equal(ErrorCode.None, log.Append(Batches.OfProducer(7, 0, sequence++)).Error);
        }

        Assert.Equal(1, flushes);
        Assert.NotNull(ProducerSnapshot.Read(memory, Logs.Directory, log.Segments[1].BaseOffset));
        Assert.True(log.Close().IsOk);
        log.Release();
    }

    [Fact]
    public void Memory_that_runs_out_in_derived_state_stops_committed_readers_and_nothing_else()
    {
        using var storage = new MemoryStorage();
        var hooks = new OutOfMemoryAt(LogPoint.IndexerRead);
        PartitionLog log = Logs.Open(storage, s_small with { Hooks = hooks });
        Assert.Equal(0, log.Append(Batches.Of("derived")).BaseOffset);
        hooks.IsArmed = true;
        Assert.Equal(1, log.Append(Batches.Of("published")).BaseOffset);
        hooks.IsArmed = false;
        Assert.Equal(2, log.Append(Batches.Of("later")).BaseOffset);
        Assert.IsType<OutOfMemoryException>(log.IndexerFailure);
        Assert.Equal(1, log.LastStableOffset);
        Assert.Null(log.Upkeep.CopyProducers());
        Assert.Equal(3, Logs.ReadAll(log).Count);
        Assert.True(log.Close().IsOk);
        log.Release();
        Assert.True(log.Segments.All(static segment => segment.IsClosed), "A lease was not given back.");

        PartitionLog again = Logs.Open(storage, s_small, RecoveryInputs.CleanShutdown);
        Assert.Equal(3, again.LastStableOffset);
        again.Release();
    }

    [Theory]
    [InlineData(nameof(LogPoint.RollPrepared))]
    [InlineData(nameof(LogPoint.RollSealed))]
    [InlineData(nameof(LogPoint.RollNamed))]
    [InlineData(nameof(LogPoint.RollListed))]
    [InlineData(nameof(LogPoint.RollLinked))]
    public void A_roll_of_retention_that_throws_holds_up_neither_appends_nor_a_close(string step)
    {
        using var storage = new MemoryStorage();
        var hooks = new ThrowAt(Enum.Parse<LogPoint>(step));
        PartitionLog log = Logs.Open(storage, s_small with { Hooks = hooks });
        Assert.Equal(0, log.Append(Batches.Of("old")).BaseOffset);
        hooks.IsArmed = true;
        Assert.Throws<OutOfMemoryException>(() => log.Upkeep.Roll(log.Active));
        Assert.Equal(1, log.Append(Batches.Of("new")).BaseOffset);
        Assert.True(log.Close().IsOk);
        log.Release();
        Assert.True(log.Segments.All(static segment => segment.IsClosed), "A lease was not given back.");

        PartitionLog again = Logs.Open(storage, s_small, RecoveryInputs.CleanShutdown);
        Assert.Equal(["old", "new"], Logs.ReadAll(again).Select(static record => record.Value));
        again.Release();
    }

    [Fact]
    public void The_segment_cache_does_not_count_active_segments_after_a_restart()
    {
        using var storage = new MemoryStorage();
        Logs.Open(storage, s_small).Release();
        PartitionLog first = Logs.Open(storage, s_small);
        for (int i = 0; first.Segments.Length < 2; i++)
        {
            first.Append(Batches.Of($"{i}"));
        }

        Assert.True(first.Close().IsOk);
        first.Release();

        var cache = new SegmentCache(budget: 1);
        PartitionLog log = Logs.Open(storage, out _, s_small, RecoveryInputs.CleanShutdown, cache: cache);
        log.Segments[0].WasRead = false;
        using var others = new MemoryStorage();
        PartitionLog[] idle = [.. Enumerable.Range(0, 3).Select(_ => Logs.Open(others, out RecoveredLog _, s_small, cache: cache))];
        Assert.NotNull(log.Segments[0].File);
        Array.ForEach([log, .. idle], static log => log.Release());
    }

    [Fact]
    public void The_prefault_duty_uses_no_file_that_a_close_has_closed() // S14
    {
        using var memory = new MemoryStorage();
        var storage = new FaultyStorage(memory);
        var time = new SteppedTime();
        var pump = new SteppedPump(time);
        var duty = new PrefaultDuty(Logs.Health);
        duty.Start(pump);
        using var closing = new ManualResetEventSlim(); // The log is closed, or its close waits for those who are at work.
        var settings = new LogSettings { SegmentBytes = 8 << 20, Hooks = new AppendersAwaited(closing) };
        PartitionLog log = Logs.Open(storage, settings, time, duty);
        int allocations = 0;
        Thread? closer = null;
        storage.Allocating = path =>
        {
            if (path.EndsWith(LogFiles.SpareSuffix, StringComparison.Ordinal) && ++allocations == 2)
            {
                closer = new Thread(() =>
                {
                    log.Close();
                    log.Release();
                    closing.Set();
                });
                closer.Start();
                closing.Wait(TestContext.Current.CancellationToken);
            }
        };
        for (int i = 0; i < 40; i++)
        {
            Assert.Equal(ErrorCode.None, log.Append(Batches.Of(new string('x', 100_000))).Error);
        }

        pump.Advance(1);
        Assert.NotNull(closer); // The duty has come as far as the spare.
        closer.Join();
        pump.Advance(1);
        Assert.Equal(0, storage.UsesAfterClose);
        memory.List(Logs.Directory, out IReadOnlyList<string> names);
        Assert.DoesNotContain(names, static name => name.EndsWith(LogFiles.SpareSuffix, StringComparison.Ordinal));
        duty.Stop();
    }

    private static (long Count, Appended Refused) Fill(PartitionLog log)
    {
        for (int i = 0; i < 1000; i++)
        {
            Appended result = log.Append(Batches.Of($"{i} {new string('x', 100)}"));
            if (result.Error != ErrorCode.None)
            {
                return (i, result);
            }
        }

        throw new InvalidOperationException("No append was refused.");
    }

    private sealed class OutOfMemoryAt(LogPoint point) : LogHooks
    {
        internal bool IsArmed { get; set; }

        internal override void At(LogPoint at, LogSegment? segment = null, int position = 0, int length = 0)
        {
            if (IsArmed && at == point)
            {
                throw new OutOfMemoryException();
            }
        }
    }

    private sealed class AppendersAwaited(ManualResetEventSlim awaited) : LogHooks
    {
        internal override void Wait(LogPoint point)
        {
            if (point == LogPoint.WaitAppenders)
            {
                awaited.Set();
            }

            base.Wait(point);
        }
    }
}
