namespace Zurau.Engine.Common;

/// <summary>Pumps each duty on a named background thread, which sleeps while there is nothing to do.</summary>
public sealed class ThreadDutyPump(TimeProvider timeProvider) : IDutyPump
{
    /// <inheritdoc/>
    public long NowMs => timeProvider.GetTimestamp() / (timeProvider.TimestampFrequency / 1000);

    /// <inheritdoc/>
    public IDutyHandle Start(IDuty duty)
    {
        ArgumentNullException.ThrowIfNull(duty);
        return new Pump(this, duty);
    }

    private sealed class Pump : IDutyHandle
    {
        private readonly ThreadDutyPump _owner;
        private readonly IDuty _duty;
        private readonly Thread _thread;
        private readonly AutoResetEvent _wakeUp = new(false);
        private long _wakes; // Written by Wake, read by the thread.
        private int _isAsleep; // Written by the thread, read by Wake.
        private volatile bool _isStopping;

        internal Pump(ThreadDutyPump owner, IDuty duty)
        {
            _owner = owner;
            _duty = duty;
            _thread = new Thread(Run) { IsBackground = true, Name = duty.Name };
            _thread.Start();
        }

        public void Wake()
        {
            // Full fence, partner of the one in Run: either this sees the thread asleep, or the thread sees the new count.
            Interlocked.Increment(ref _wakes);
            if (Volatile.Read(ref _isAsleep) == 1)
            {
                _wakeUp.Set();
            }
        }

        public void Dispose()
        {
            _isStopping = true;
            Wake();
            if (Thread.CurrentThread != _thread)
            {
                _thread.Join();
            }
        }

        private void Run()
        {
            while (!_isStopping)
            {
                long seen = Volatile.Read(ref _wakes);
                if (_duty.DoWork(_owner.NowMs) > 0)
                {
                    continue;
                }

                Interlocked.Exchange(ref _isAsleep, 1);
                if (Volatile.Read(ref _wakes) == seen && !_isStopping)
                {
                    long waitMs = _duty.NextWorkMs == long.MaxValue ? -1 : Math.Clamp(_duty.NextWorkMs - _owner.NowMs, 0, int.MaxValue);
                    _wakeUp.WaitOne((int)waitMs);
                }

                Volatile.Write(ref _isAsleep, 0);
            }
        }
    }
}
