namespace Zurau.Testing.Simulation;

/// <summary>
/// The clocks of a simulated machine. Monotonic time stands still until the simulator moves it; callbacks of timers run on the thread that
/// moves it, one after the other in the order in which they are due. The wall clock is the start plus monotonic time plus what
/// <see cref="Wall"/>, steps and stops make of it. Thread-safe.
/// </summary>
public sealed class SimTime : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly PriorityQueue<(SimTimer Timer, long Setting), (long DueTicks, long Setting)> _timers = new(); // Guarded by _lock, as is all below.
    private readonly DateTimeOffset _start;
    private readonly ulong _seed;
    private long _nowTicks;
    private long _settings;
    private int _process; // Counts up when timers are dropped: those of an earlier process can not be set any more.
    private long _stepTicks;
    private long? _stoppedAtTicks; // Wall time that it shows while it is stopped.
    private WallClock _wall = new();

    /// <summary>Begins at a time of the wall clock.</summary>
    /// <param name="start">What the wall clock shows first.</param>
    /// <param name="random">Where the noise of the wall clock comes from; null for seed 0.</param>
    public SimTime(DateTimeOffset start, SimRandom? random = null)
    {
        _start = start.ToUniversalTime();
        _seed = random?.NextBits() ?? 0;
    }

    /// <summary>Begins on the first of January 2026.</summary>
    public SimTime()
        : this(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
    }

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>Monotonic time since the beginning.</summary>
    public TimeSpan Now => new(GetTimestamp());

    /// <summary>How the wall clock goes wrong; may be changed at any time, which may make it jump.</summary>
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

    /// <summary>When the next timer is due, in monotonic time; null where none is set.</summary>
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

    /// <summary>Makes a timer that the simulator's steps run. The callback must not block for simulated time.</summary>
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

    /// <summary>Moves monotonic time on and runs every timer that is due on the way, each at its own time.</summary>
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

    /// <summary>Runs one timer that is due now; false where there is none. For a scheduler that lets others run in between.</summary>
    public bool TryRunDue() => Run(GetTimestamp());

    /// <summary>Moves monotonic time on to the next timer and runs it; false where no timer is set.</summary>
    public bool TryStep() => Run(long.MaxValue);

    /// <summary>Sets the wall clock forward or, with a negative time, back.</summary>
    public void StepWall(TimeSpan step)
    {
        lock (_lock)
        {
            _stepTicks += step.Ticks;
            _stoppedAtTicks += step.Ticks;
        }
    }

    /// <summary>Stops the wall clock; monotonic time goes on.</summary>
    public void StopWall()
    {
        lock (_lock)
        {
            _stoppedAtTicks ??= RunningWallTicks();
        }
    }

    /// <summary>Lets the wall clock go on from what it shows.</summary>
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

    /// <summary>Disposes all timers: their process is dead.</summary>
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

    /// <summary>Takes the next timer that is due by then, and makes it that time.</summary>
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

    /// <summary>Drops entries of timers that were set anew or disposed; false where none is left.</summary>
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
