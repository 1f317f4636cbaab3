using Zurau.Engine.Common;

namespace Zurau.Tests;

/// <summary>
/// Steps duties on a test's request, and only those that are due or were woken, so that
/// a missing wake-up is detected.
/// </summary>
internal sealed class SteppedPump(TimeProvider time) : IDutyPump
{
    private readonly List<Handle> _handles = [];

    public long NowMs => time.GetTimestamp() / (time.TimestampFrequency / 1000);

    /// <summary>The duties that are running, in the order of their start.</summary>
    internal IReadOnlyList<IDuty> Duties => [.. Handles().Select(static handle => handle.Duty)];

    /// <summary>The time at which a pump with threads would call a duty without being woken.</summary>
    internal long NextWorkMs => Handles().Min(static handle => handle.Duty.NextWorkMs);

    public IDutyHandle Start(IDuty duty)
    {
        var handle = new Handle(this, duty);
        lock (_handles)
        {
            _handles.Add(handle);
        }

        return handle;
    }

    /// <summary>Lets every duty do what is due now.</summary>
    internal void Step() => StepAll();

    /// <summary>Steps until no duty has anything to do.</summary>
    internal void Run()
    {
        while (StepAll())
        {
        }
    }

    /// <summary>
    /// Advances the clock, a <see cref="SteppedTime"/>, and lets every duty do what is due
    /// then.
    /// </summary>
    internal void Advance(long ms)
    {
        ((SteppedTime)time).Advance(ms);
        StepAll();
    }

    private bool StepAll()
    {
        bool hasWorked = false;
        foreach (Handle handle in Handles())
        {
            while ((handle.TakeWake() || handle.Duty.NextWorkMs <= NowMs) && handle.Duty.DoWork(NowMs) > 0)
            {
                hasWorked = true;
            }
        }

        return hasWorked;
    }

    private Handle[] Handles()
    {
        lock (_handles)
        {
            return [.. _handles];
        }
    }

    private sealed class Handle(SteppedPump pump, IDuty duty) : IDutyHandle
    {
        private int _isWoken;

        internal IDuty Duty { get; } = duty;

        internal bool TakeWake() => Interlocked.Exchange(ref _isWoken, 0) == 1;

        public void Wake() => Volatile.Write(ref _isWoken, 1);

        public void Dispose()
        {
            lock (pump._handles)
            {
                pump._handles.Remove(this);
            }
        }
    }
}
