using Zurau.Testing.Simulation;

namespace Simulation.Tests.Disk;

/// <summary>
/// Simulated time advances only on request, and the wall clock can be wrong in every
/// way that real ones are.
/// </summary>
public sealed class SimTimeTests
{
    private static readonly DateTimeOffset s_start = new(2026, 5, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Time_stands_still_until_it_is_moved()
    {
        var time = new SimTime(s_start);
        Assert.Equal((0L, s_start), (time.GetTimestamp(), time.GetUtcNow()));
        time.Advance(TimeSpan.FromSeconds(90));
        Assert.Equal(TimeSpan.FromSeconds(90), time.GetElapsedTime(0));
        Assert.Equal(s_start.AddSeconds(90), time.GetUtcNow());
        Assert.Throws<ArgumentOutOfRangeException>(() => time.Advance(TimeSpan.FromTicks(-1)));
    }

    [Fact]
    public void Timers_run_in_the_order_in_which_they_are_due_each_at_its_own_time()
    {
        var time = new SimTime(s_start);
        var runs = new List<string>();
        TimerCallback Note(string name) => _ => runs.Add($"{name}@{time.Now.TotalSeconds}");
        using ITimer late = time.CreateTimer(Note("late"), null, TimeSpan.FromSeconds(3), Timeout.InfiniteTimeSpan);
        using ITimer every = time.CreateTimer(Note("every"), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        using ITimer second = time.CreateTimer(Note("second"), null, TimeSpan.FromSeconds(3), Timeout.InfiniteTimeSpan);
        using ITimer never = time.CreateTimer(Note("never"), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(["every@1", "late@3", "second@3", "every@3", "every@5"], runs);
        Assert.Equal(TimeSpan.FromSeconds(7), time.NextTimer);
    }

    [Fact]
    public void A_timer_can_be_changed_and_disposed_also_by_callbacks()
    {
        var time = new SimTime(s_start);
        int runs = 0;
        ITimer? other = null;
        other = time.CreateTimer(_ => runs++, null, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1));
        using ITimer timer = time.CreateTimer(_ => other.Dispose(), null, TimeSpan.FromSeconds(4), Timeout.InfiniteTimeSpan);
        Assert.True(other.Change(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(1)));
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(1, runs); // At 3; at 4 it was disposed by the timer that was set earlier.
        Assert.False(other.Change(TimeSpan.Zero, TimeSpan.Zero));
        Assert.Null(time.NextTimer);
    }

    [Fact]
    public void A_scheduler_can_run_one_timer_at_a_time()
    {
        var time = new SimTime(s_start);
        int runs = 0;
        using ITimer now = time.CreateTimer(_ => runs++, null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        using ITimer later = time.CreateTimer(_ => runs += 10, null, TimeSpan.FromHours(1), Timeout.InfiniteTimeSpan);
        Assert.Equal(0, runs);
        Assert.True(time.TryRunDue());
        Assert.False(time.TryRunDue());
        Assert.Equal(1, runs);
        Assert.True(time.TryStep());
        Assert.Equal((11, TimeSpan.FromHours(1)), (runs, time.Now));
        Assert.False(time.TryStep());
    }

    [Fact]
    public async Task Delays_and_timeouts_of_the_base_library_run_on_it()
    {
        var time = new SimTime(s_start);
        Task delay = Task.Delay(TimeSpan.FromMinutes(5), time);
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(10), time);
        time.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromTicks(1));
        Assert.False(delay.IsCompleted);
        time.Advance(TimeSpan.FromTicks(1));
        await delay;
        Assert.False(timeout.IsCancellationRequested);
        time.Advance(TimeSpan.FromMinutes(5));
        Assert.True(timeout.IsCancellationRequested);
    }

    [Fact]
    public void Timers_of_a_dead_process_never_run()
    {
        var time = new SimTime(s_start);
        int runs = 0;
        using ITimer set = time.CreateTimer(_ => runs++, null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        using ITimer unset = time.CreateTimer(_ => runs++, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        time.DropTimers();
        Assert.False(set.Change(TimeSpan.Zero, TimeSpan.Zero));
        Assert.False(unset.Change(TimeSpan.Zero, TimeSpan.Zero));
        using ITimer next = time.CreateTimer(_ => runs += 10, null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(10, runs);
    }

    [Fact]
    public void The_wall_clock_steps_back_and_forward_while_monotonic_time_advances()
    {
        var time = new SimTime(s_start);
        time.Advance(TimeSpan.FromHours(2));
        time.StepWall(TimeSpan.FromHours(-1));
        Assert.Equal((s_start.AddHours(1), TimeSpan.FromHours(2)), (time.GetUtcNow(), time.Now));
        time.StepWall(TimeSpan.FromDays(3650));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(s_start.AddHours(1).AddDays(3650).AddSeconds(1), time.GetUtcNow());
    }

    [Fact]
    public void A_stopped_wall_clock_is_constant_and_continues_from_there()
    {
        var time = new SimTime(s_start) { Wall = new WallClock { DriftPartsPerMillion = 500 } };
        time.StopWall();
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal((s_start, TimeSpan.FromHours(1)), (time.GetUtcNow(), time.Now));
        time.StepWall(TimeSpan.FromMinutes(1));
        time.ResumeWall();
        Assert.Equal(s_start.AddMinutes(1), time.GetUtcNow());
        time.Advance(TimeSpan.FromSeconds(1000));
        Assert.Equal(s_start.AddMinutes(1).AddSeconds(1000.5), time.GetUtcNow());
    }

    [Fact]
    public void The_wall_clock_drifts_swings_and_jitters()
    {
        var time = new SimTime(s_start) { Wall = new WallClock { DriftPartsPerMillion = -100 } };
        time.Advance(TimeSpan.FromSeconds(10_000));
        Assert.Equal(s_start.AddSeconds(9_999), time.GetUtcNow());

        time = new SimTime(s_start) { Wall = new WallClock { SwingAmplitude = TimeSpan.FromSeconds(8), SwingPeriod = TimeSpan.FromMinutes(4) } };
        var offsets = new List<double>();
        for (int i = 0; i < 8; i++)
        {
            offsets.Add((time.GetUtcNow() - s_start - time.Now).TotalSeconds);
            time.Advance(TimeSpan.FromSeconds(30));
        }

        Assert.Equal([0, 4, 8, 4, 0, -4, -8, -4], offsets);

        time = new SimTime(s_start, new SimRandom(3)) { Wall = new WallClock { Noise = TimeSpan.FromMilliseconds(20) } };
        var shown = new List<TimeSpan>();
        for (int i = 0; i < 100; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(1));
            Assert.Equal(time.GetUtcNow(), time.GetUtcNow());
            shown.Add(time.GetUtcNow() - s_start - time.Now);
        }

        Assert.All(shown, static offset => Assert.InRange(offset.Duration(), TimeSpan.Zero, TimeSpan.FromMilliseconds(20)));
        Assert.Contains(shown.Zip(shown.Skip(1)), static pair => pair.Second - pair.First < TimeSpan.FromMilliseconds(-1)); // The clock steps back.
    }
}
