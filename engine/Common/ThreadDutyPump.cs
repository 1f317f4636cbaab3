namespace Zurau.Engine.Common;

/// <summary>
/// Runs each duty on a named background thread, which sleeps while there is no work. A
/// thread is created with its duty's first work: most duties have none directly after
/// startup, when creating a dozen threads would dominate the startup time. Duties that
/// are started through <c>Broker.DutyPump</c> may throw; duties that are started here
/// directly must not.
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

        // Creates everything except the operating system's thread: the first wake-up may
        // happen when no descriptor is left to load code with.
        internal Pump(ThreadDutyPump owner, IDuty duty)
        {
            _owner = owner;
            _duty = duty;
            _thread = NewThread();
        }

        /// <summary>
        /// Schedules the start of the thread for the duty's first due time, unless a wake-up
        /// starts it earlier.
        /// </summary>
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
            // Full fence, pairs with the one in Run: either this thread reads that the pump is
            // asleep, or the pump reads the new count.
            Interlocked.Increment(ref _wakes);
            if (!_hasBegun)
            {
                Begin(); // Waits for a concurrent start, whose thread may already be asleep again.
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
                _isStopping = true; // Prevents further starts.
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
                    _thread.UnsafeStart(); // The execution context of the first caller must not flow into the duty.
                    _hasBegun = true;
                }
                catch (OutOfMemoryException)
                {
                    // The operating system refuses a new thread. The wake-up must not fail: its caller
                    // may be in the middle of an operation.
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
                // One of the threads of a killed simulated process.
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
