namespace Zurau.Engine.Common;

/// <summary>
/// Pumps each duty on a named background thread, which sleeps while there is nothing to do. A duty gets its thread with its first work: most
/// have none in the first moments of a process, when starting a dozen threads would take longer than everything else. Duties that are started
/// through <c>Broker.DutyPump</c> survive their exceptions; one that is started here directly must not throw.
/// </summary>
public sealed class ThreadDutyPump(TimeProvider timeProvider) : IDutyPump
{
    private const int RetryMs = 100;
    private static readonly TimeSpan s_longestTimer = TimeSpan.FromDays(40);

    /// <inheritdoc/>
    public long NowMs => timeProvider.GetTimestamp() / (timeProvider.TimestampFrequency / 1000);

    /// <inheritdoc/>
    public IDutyHandle Start(IDuty duty)
    {
        ArgumentNullException.ThrowIfNull(duty);
        var pump = new Pump(this, duty);
        pump.AwaitFirstWork();
        return pump;
    }

    private ITimer CallAt(long timeMs, Action call)
    {
        var due = TimeSpan.FromMilliseconds(Math.Max(0, timeMs - NowMs));
        return timeProvider.CreateTimer(static call => ((Action)call!)(), call, due < s_longestTimer ? due : s_longestTimer, Timeout.InfiniteTimeSpan);
    }

    private sealed class Pump : IDutyHandle
    {
        private readonly ThreadDutyPump _owner;
        private readonly IDuty _duty;
        private readonly AutoResetEvent _wakeUp = new(false);
        private readonly Lock _start = new(); // Held over the start of the thread.
        private Thread _thread; // Guarded by _start, as is the timer.
        private ITimer? _firstWork;
        private volatile bool _hasBegun; // Set once, under _start.
        private long _wakes; // Written by Wake, read by the thread.
        private int _isAsleep; // Written by the thread, read by Wake.
        private volatile bool _isStopping;

        // Everything but the system's thread is made here: who wakes a duty first may have no descriptor left to load code with.
        internal Pump(ThreadDutyPump owner, IDuty duty)
        {
            _owner = owner;
            _duty = duty;
            _thread = NewThread();
        }

        /// <summary>Has the thread begin when the duty's time comes, unless somebody wakes it before.</summary>
        internal void AwaitFirstWork()
        {
            long firstWorkMs = _duty.NextWorkMs;
            if (firstWorkMs <= _owner.NowMs)
            {
                Begin();
            }
            else if (firstWorkMs != long.MaxValue)
            {
                lock (_start)
                {
                    _firstWork = _owner.CallAt(firstWorkMs, Begin);
                }
            }
        }

        public void Wake()
        {
            // Full fence, partner of the one in Run: either this sees the thread asleep, or the thread sees the new count.
            Interlocked.Increment(ref _wakes);
            if (!_hasBegun)
            {
                Begin(); // Or wait until who was faster has: its thread may be asleep again before it is known here.
            }

            if (Volatile.Read(ref _isAsleep) == 1)
            {
                _wakeUp.Set();
            }
        }

        public void Dispose()
        {
            lock (_start)
            {
                _isStopping = true; // From here on no thread is started.
                _firstWork?.Dispose();
            }

            _wakeUp.Set();
            if (_hasBegun && _thread != Thread.CurrentThread)
            {
                _thread.Join();
            }
        }

        private void Begin()
        {
            lock (_start)
            {
                _firstWork?.Dispose();
                if (_hasBegun || _isStopping)
                {
                    return;
                }

                try
                {
                    _thread.UnsafeStart(); // What flows with whoever happens to wake the duty first is none of its business.
                    _hasBegun = true;
                }
                catch (OutOfMemoryException)
                {
                    // The system gives no more threads. Who woke the duty relies on it, and may be in the middle of something.
                    _thread = NewThread();
                    _firstWork = _owner.CallAt(_owner.NowMs + RetryMs, Begin);
                }
            }
        }

        private Thread NewThread() => new(Run) { IsBackground = true, Name = _duty.Name };

        private void Run()
        {
            try
            {
                PumpUntilStopped();
            }
            catch (Exception exception) when (exception is IProcessEnd)
            {
                // The simulated process was killed, and this was one of its threads.
            }
        }

        private void PumpUntilStopped()
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
