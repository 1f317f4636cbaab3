namespace Zurau.Testing.Simulation;

/// <summary>A timer of simulated time. Guarded by its clock's lock.</summary>
internal sealed class SimTimer(SimTime time, TimerCallback callback, object? state) : ITimer
{
    internal bool IsDisposed { get; set; }

    internal required int Process { get; init; }

    /// <summary>Which setting of the timer holds: entries in the heap of earlier ones are stale. 0 while it is not set.</summary>
    internal long Setting { get; set; }

    internal long PeriodTicks { get; set; }

    public bool Change(TimeSpan dueTime, TimeSpan period) => time.Set(this, dueTime, period);

    public void Dispose() => time.Forget(this);

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    internal void Run() => callback(state);
}
