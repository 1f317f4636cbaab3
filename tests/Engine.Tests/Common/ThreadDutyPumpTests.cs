using Zurau.Engine.Common;

namespace Engine.Tests.Common;

/// <summary>Duties on threads: each gets its thread with its first work.</summary>
public sealed class ThreadDutyPumpTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);
    private readonly ThreadDutyPump _pump = new(TimeProvider.System);

    [Fact]
    public void A_duty_gets_a_thread_of_its_name_when_it_is_woken_for_the_first_time()
    {
        var duty = new Counted(long.MaxValue);
        using IDutyHandle handle = _pump.Start(duty);
        var other = new Counted(0);
        using IDutyHandle otherHandle = _pump.Start(other);
        Await(() => other.Calls > 0);
        Assert.Equal(0, duty.Calls);
        handle.Wake();
        Await(() => duty.Calls > 0);
        Assert.Equal(duty.Name, duty.Thread!.Name);
        Assert.True(duty.Thread.IsBackground);
    }

    [Fact]
    public void A_duty_gets_its_thread_when_its_time_comes()
    {
        long dueMs = _pump.NowMs + 50;
        var duty = new Counted(dueMs);
        using IDutyHandle handle = _pump.Start(duty);
        Await(() => duty.LastMs >= dueMs);
    }

    [Fact]
    public void A_stopped_duty_is_not_called_by_a_wake_up_or_at_its_due_time()
    {
        var asleep = new Counted(long.MaxValue);
        IDutyHandle handle = _pump.Start(asleep);
        handle.Dispose();
        handle.Wake();
        long dueMs = _pump.NowMs + 20;
        var timed = new Counted(dueMs);
        _pump.Start(timed).Dispose();
        Await(() => _pump.NowMs > dueMs + 20);
        Assert.Equal((0, 0), (asleep.Calls, timed.Calls));
    }

    [Fact]
    public void However_many_wake_it_first_there_is_one_thread_and_no_work_is_missed()
    {
        for (int round = 0; round < 200; round++)
        {
            var duty = new Counted(long.MaxValue);
            using IDutyHandle handle = _pump.Start(duty);
            Parallel.For(0, 4, _ =>
            {
                duty.HasWork = true;
                handle.Wake();
            });
            Await(() => !duty.HasWork);
            Assert.False(duty.HasOverlapped);
        }
    }

    private static void Await(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, s_limit));

    private sealed class Counted(long firstWorkMs) : IDuty
    {
        private long _nextWorkMs = firstWorkMs;
        private long _lastMs = -1;
        private int _calls;

        public string Name { get; } = $"counted-{Guid.NewGuid():N}"[..15];

        public long NextWorkMs => Volatile.Read(ref _nextWorkMs);

        internal long LastMs => Volatile.Read(ref _lastMs);

        internal int Calls => Volatile.Read(ref _calls);

        internal bool HasWork { get => Volatile.Read(ref field); set => Volatile.Write(ref field, value); }

        internal bool HasOverlapped { get; private set; }

        internal Thread? Thread { get; private set; }

        public int DoWork(long nowMs)
        {
            HasOverlapped |= Thread is not null && Thread != Thread.CurrentThread;
            Thread = Thread.CurrentThread;
            HasWork = false;
            Volatile.Write(ref _lastMs, nowMs);
            if (nowMs >= NextWorkMs)
            {
                Volatile.Write(ref _nextWorkMs, long.MaxValue);
            }

            Interlocked.Increment(ref _calls);
            return 0;
        }
    }
}
