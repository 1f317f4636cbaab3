namespace Zurau.Testing.Simulation;

/// <summary>
/// Simulates the clocks of a machine. Monotonic time advances only by
/// <see cref="Advance"/> and <see cref="TryStep"/>; timer callbacks run on the calling
/// thread, in the order of their due times. The wall clock is the start plus monotonic
/// time, plus the effects of <see cref="Wall"/>, steps and stops. Thread-safe.
/// </summary>
public sealed class SimTime : TimeProvider
{
    private readonly Lock _lock = new();

    // This and all following fields are guarded by _lock.
    private readonly PriorityQueue<(SimTimer Timer, long Setting), (long DueTicks, long Setting)> _timers = new();
    private readonly DateTimeOffset _start;
    private readonly ulong _seed;
    private long _nowTicks;
    private long _settings;
    private int _process; // Incremented when timers are dropped: those of an earlier process cannot be set any more.
    private long _stepTicks;
    private long? _stoppedAtTicks; // The wall time while it is stopped.
    private WallClock _wall = new();

    /// <summary>Creates a clock that starts at a wall clock time.</summary>
    /// <param name="start">The initial time of the wall clock.</param>
    /// <param name="random">The source of the noise of the wall clock; null for seed
    /// 0.</param>
    public SimTime(DateTimeOffset start, SimRandom? random = null)
    {
        _start = start.ToUniversalTime();
        _seed = random?.NextBits() ?? 0;
    }

    /// <summary>Creates a clock that starts at 2026-01-01 00:00 UTC.</summary>
    public SimTime()
        : this(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
    }

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>Gets the monotonic time since the clock was created.</summary>
    public TimeSpan Now => new(GetTimestamp());

    /// <summary>
    /// Gets or sets the errors of the wall clock; none by default. Setting it may make
    /// the wall clock jump.
    /// </summary>
    public WallClock Wall
    {
        get
        {
            lock (_lock)
            {
                return _wall;
            }
        }

        set
        {
            ArgumentNullException.ThrowIfNull(value);
            lock (_lock)
            {
                _wall = value;
            }
        }
    }

    /// <summary>
    /// Gets the monotonic time at which the next timer is due; null if none is set.
    /// </summary>
    public TimeSpan? NextTimer
    {
        get
        {
            lock (_lock)
            {
                return DropStale() && _timers.TryPeek(out _, out (long DueTicks, long Setting) due) ? new TimeSpan(Math.Max(due.DueTicks, _nowTicks)) : null;
            }
        }
    }

    /// <inheritdoc/>
    public override long GetTimestamp()
    {
        lock (_lock)
        {
            return _nowTicks;
        }
    }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
        {
            long ticks = _stoppedAtTicks ?? RunningWallTicks();
            return new DateTimeOffset(Math.Clamp(ticks, DateTimeOffset.UnixEpoch.Ticks, DateTimeOffset.MaxValue.Ticks), TimeSpan.Zero);
        }
    }

    /// <summary>
    /// Creates a timer that runs when the simulated time advances. The callback must not
    /// wait for simulated time.
    /// </summary>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        lock (_lock)
        {
            var timer = new SimTimer(this, callback, state) { Process = _process };
            timer.Change(dueTime, period);
            return timer;
        }
    }

    /// <summary>
    /// Advances monotonic time and runs every timer that becomes due, each at its due
    /// time.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative.</exception>
    public void Advance(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        long end = GetTimestamp() + time.Ticks;
        while (TryTake(end, out SimTimer? timer))
        {
            timer!.Run();
        }

        lock (_lock)
        {
            _nowTicks = Math.Max(_nowTicks, end);
        }
    }

    /// <summary>
    /// Runs one timer that is due now; returns false if none is due. Allows a scheduler
    /// to run other threads between two timers.
    /// </summary>
    public bool TryRunDue() => Run(GetTimestamp());

    /// <summary>
    /// Advances monotonic time to the next timer and runs it; returns false if no timer
    /// is set.
    /// </summary>
    public bool TryStep() => Run(long.MaxValue);

    /// <summary>Moves the wall clock forward or, with a negative step, back.</summary>
    public void StepWall(TimeSpan step)
    {
        lock (_lock)
        {
            _stepTicks += step.Ticks;
            _stoppedAtTicks += step.Ticks;
        }
    }

    /// <summary>
    /// Stops the wall clock; monotonic time continues. No effect if it is stopped
    /// already.
    /// </summary>
    public void StopWall()
    {
        lock (_lock)
        {
            _stoppedAtTicks ??= RunningWallTicks();
        }
    }

    /// <summary>
    /// Restarts the wall clock at the time at which it was stopped. No effect if it is
    /// running.
    /// </summary>
    public void ResumeWall()
    {
        lock (_lock)
        {
            if (_stoppedAtTicks is { } shown)
            {
                _stepTicks += shown - RunningWallTicks();
                _stoppedAtTicks = null;
            }
        }
    }

    /// <summary>
    /// Discards all timers, as the end of their process does. They cannot be set again.
    /// </summary>
    public void DropTimers()
    {
        lock (_lock)
        {
            _process++;
            _timers.Clear();
        }
    }

    internal bool Set(SimTimer timer, TimeSpan dueTime, TimeSpan period)
    {
        lock (_lock)
        {
            if (timer.IsDisposed || timer.Process != _process)
            {
                return false;
            }

            timer.Setting = 0;
            timer.PeriodTicks = period > TimeSpan.Zero ? period.Ticks : 0;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                Enqueue(timer, _nowTicks + Math.Max(0, dueTime.Ticks));
            }

            return true;
        }
    }

    internal void Forget(SimTimer timer)
    {
        lock (_lock)
        {
            timer.IsDisposed = true;
            timer.Setting = 0;
        }
    }

    private long RunningWallTicks() => _start.Ticks + _nowTicks + _stepTicks + _wall.OffsetTicks(_nowTicks, _seed);

    private bool Run(long untilTicks)
    {
        bool isDue = TryTake(untilTicks, out SimTimer? timer);
        timer?.Run();
        return isDue;
    }

    /// <summary>
    /// Removes the next timer that is due by a time, and advances the clock to its due
    /// time.
    /// </summary>
    private bool TryTake(long untilTicks, out SimTimer? timer)
    {
        timer = null;
        lock (_lock)
        {
            if (!DropStale() || !_timers.TryPeek(out _, out (long DueTicks, long Setting) due) || due.DueTicks > untilTicks)
            {
                return false;
            }

            timer = _timers.Dequeue().Timer;
            _nowTicks = Math.Max(_nowTicks, due.DueTicks);
            timer.Setting = 0;
            if (timer.PeriodTicks > 0)
            {
                Enqueue(timer, _nowTicks + timer.PeriodTicks);
            }

            return true;
        }
    }

    private void Enqueue(SimTimer timer, long dueTicks)
    {
        timer.Setting = ++_settings;
        _timers.Enqueue((timer, timer.Setting), (dueTicks, timer.Setting));
    }

    /// <summary>
    /// Removes entries of timers that were set again or disposed; returns false if none
    /// is left.
    /// </summary>
    private bool DropStale()
    {
        while (_timers.TryPeek(out (SimTimer Timer, long Setting) entry, out _))
        {
            if (entry.Timer.Setting == entry.Setting)
            {
                return true;
            }

            _timers.Dequeue();
        }

        return false;
    }
}
