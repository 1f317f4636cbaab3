using Zurau.Engine.Common;

namespace Client.Tests.Support;

/// <summary>
/// Steps duties on a test's request, and only those that are due or were woken, so that
/// a missing wake-up is detected.
/// </summary>
internal sealed class ManualDutyPump(TimeProvider time) : IDutyPump
{
    private readonly List<Handle> _handles = [];

    public long NowMs => time.GetTimestamp();

    public IDutyHandle Start(IDuty duty)
    {
        var handle = new Handle(this, duty);
        lock (_handles)
        {
            _handles.Add(handle);
        }

        return handle;
    }

    /// <summary>The time at which a pump with threads would call a duty without being woken.</summary>
    internal long NextWorkMs => Handles().Min(handle => handle.Duty.NextWorkMs);

    internal void Step()
    {
        foreach (Handle handle in Handles())
        {
            while (handle.TakeWake() || handle.Duty.NextWorkMs <= NowMs)
            {
                if (handle.Duty.DoWork(NowMs) == 0)
                {
                    break;
                }
            }
        }
    }

    private Handle[] Handles()
    {
        lock (_handles)
        {
            return [.. _handles];
        }
    }

    private sealed class Handle(ManualDutyPump pump, IDuty duty) : IDutyHandle
    {
        private int _isWoken = 1;

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
