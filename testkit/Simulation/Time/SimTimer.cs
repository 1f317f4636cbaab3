namespace Zurau.Testing.Simulation;

/// <summary>A timer of simulated time. Guarded by the lock of its clock.</summary>
internal sealed class SimTimer(SimTime time, TimerCallback callback, object? state) : ITimer
{
    internal bool IsDisposed { get; set; }

    internal required int Process { get; init; }

    /// <summary>
    /// The number of its current setting: heap entries of earlier settings are stale. 0
    /// while the timer is not set.
    /// </summary>
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
