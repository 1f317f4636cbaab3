using Zurau.Engine.Common;

namespace Engine.Tests.Support;

/// <summary>
/// Steps duties on a test's request: only those that are due or were woken.
/// </summary>
internal sealed class SteppedPump(SteppedTime time) : IDutyPump
{
    private readonly List<Handle> _handles = [];

    public long NowMs => time.NowMs;

    public IDutyHandle Start(IDuty duty)
    {
        var handle = new Handle(this, duty);
        _handles.Add(handle);
        return handle;
    }

    /// <summary>Lets every duty do what is due now.</summary>
    internal void Step()
    {
        foreach (Handle handle in _handles.ToArray())
        {
            while ((handle.TakeWake() || handle.Duty.NextWorkMs <= NowMs) && handle.Duty.DoWork(NowMs) > 0)
            {
            }
        }
    }

    /// <summary>Advances the clock and lets every duty do what is due then.</summary>
    internal void Advance(long ms)
    {
        time.Advance(ms);
        Step();
    }

    private sealed class Handle(SteppedPump pump, IDuty duty) : IDutyHandle
    {
        private int _isWoken;

        internal IDuty Duty { get; } = duty;

        internal bool TakeWake() => Interlocked.Exchange(ref _isWoken, 0) == 1;

        public void Wake() => Volatile.Write(ref _isWoken, 1);

        public void Dispose() => pump._handles.Remove(this);
    }
}
