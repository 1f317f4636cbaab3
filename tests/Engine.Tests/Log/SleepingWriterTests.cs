using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>
/// A writer of derived state may be suspended by the scheduler for any time; the log
/// continues in the meantime.
/// </summary>
public sealed class SleepingWriterTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    [Fact]
    public void Derived_state_finds_a_segment_that_filled_up_was_flushed_and_evicted_while_its_writer_slept() // L5 L11
    {
        using var storage = new MemoryStorage();
        using var hooks = new Sleeper();
        PartitionLog log = Logs.Open(storage, out _, new LogSettings { SegmentBytes = 4096, IndexIntervalBytes = 200, Hooks = hooks }, cache: new SegmentCache(1));
        log.Append(Batches.Of("first"));
        var sleeping = new Thread(() => log.Append(Batches.Of("second"))) { IsBackground = true };
        hooks.IsArmed = true;
        sleeping.Start();
        Assert.True(hooks.HasFallenAsleep.Wait(s_patience));

        // Others append, roll, flush, and have segments evicted of which the sleeper has not seen a batch.
        for (int i = 0; i < 500; i++)
        {
            Assert.Equal(ErrorCode.None, log.Append(Batches.Of($"{i} {new string('x', 200)}")).Error);
            if (i % 20 == 0)
            {
                Assert.True(log.Flusher.FlushNow().IsOk);
            }
        }

        Assert.Contains(log.Segments[1..], static segment => segment.File is null);
        hooks.WakeUp.Set();
        Assert.True(sleeping.Join(s_patience), "the writer of derived state did not come back");
        Assert.Equal(log.ReadEnd().Offset, log.LastStableOffset);
        Assert.All(log.Segments[..^1], static segment => Assert.True(segment.Offsets.Count > 0));
        Assert.Equal(502, Logs.ReadAll(log).Count);
        Assert.True(log.Close().IsOk);
        Soundness.AssertClosed(storage);
        log.Release();
    }

    /// <summary>Puts the first holder of the derived-state flag to sleep once.</summary>
    private sealed class Sleeper : LogHooks, IDisposable
    {
        private int _slept;

        internal bool IsArmed { get; set; }

        internal ManualResetEventSlim HasFallenAsleep { get; } = new();

        internal ManualResetEventSlim WakeUp { get; } = new();

        internal override void At(LogPoint point, LogSegment? segment = null, int position = 0, int length = 0)
        {
            if (point == LogPoint.IndexerEntered && IsArmed && Interlocked.Exchange(ref _slept, 1) == 0)
            {
                HasFallenAsleep.Set();
                Assert.True(WakeUp.Wait(s_patience));
            }
        }

        public void Dispose()
        {
            HasFallenAsleep.Dispose();
            WakeUp.Dispose();
        }
    }
}
