namespace Zurau.Tests;

/// <summary>
/// A clock that stands still until it is advanced; its timers fire in the call that
/// advances it. The wall clock can be set without the monotonic one. Thread-safe.
/// </summary>
internal sealed class SteppedTime(long nowMs = SteppedTime.Start) : TimeProvider
{
    internal const long Start = 1_700_000_000_000;
    private readonly Lock _lock = new();
    private readonly List<SteppedTimer> _timers = [];
    private long _nowMs = nowMs;
    private long _wallStepMs;

    public override long TimestampFrequency => 1000;

    /// <summary>Monotonic; also what the wall clock shows until it is set.</summary>
    internal long NowMs => Volatile.Read(ref _nowMs);

    internal long WallMs => NowMs + Volatile.Read(ref _wallStepMs);

    /// <summary>The number of timers that have not fired.</summary>
    internal int TimerCount
    {
        get
        {
            lock (_lock)
            {
                return _timers.Count;
            }
        }
    }

    public override long GetTimestamp() => NowMs;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(WallMs);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SteppedTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Sets the wall clock forward or back.</summary>
    internal void StepWall(long ms) => Interlocked.Add(ref _wallStepMs, ms);

    internal void Advance(TimeSpan time) => Advance((long)time.TotalMilliseconds);

    internal void Advance(long ms)
    {
        SteppedTimer[] due;
        lock (_lock)
        {
            Volatile.Write(ref _nowMs, _nowMs + ms);
            due = [.. _timers.Where(timer => timer.DueMs <= _nowMs)];
            _timers.RemoveAll(due.Contains);
        }

        Array.ForEach(due, static timer => timer.Fire());
    }

    private sealed class SteppedTimer(SteppedTime time, Action fire) : ITimer
    {
        internal long DueMs { get; private set; }

        internal void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime != Timeout.InfiniteTimeSpan && period != Timeout.InfiniteTimeSpan && period != TimeSpan.Zero)
            {
                throw new NotSupportedException($"The timers of {nameof(SteppedTime)} fire once; a period of {period} was given.");
            }

            lock (time._lock)
            {
                time._timers.Remove(this);
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    DueMs = time._nowMs + (long)dueTime.TotalMilliseconds;
                    time._timers.Add(this);
                }
            }

            return true;
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
