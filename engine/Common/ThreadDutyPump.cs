namespace Zurau.Engine.Common;

/// <summary>
/// Pumps each duty on a named background thread, which sleeps while there is nothing to do. A duty gets its thread with its first work: most
/// have none in the first moments of a process, when starting a dozen threads would take longer than everything else.
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

    private sealed class Pump(ThreadDutyPump owner, IDuty duty) : IDutyHandle
    {
        private readonly AutoResetEvent _wakeUp = new(false);
        private readonly Lock _start = new(); // Held over the start of the thread.
        private Thread? _thread; // Set once, under _start.
        private ITimer? _firstWork; // Guarded by _start.
        private long _wakes; // Written by Wake, read by the thread.
        private int _isAsleep; // Written by the thread, read by Wake.
        private volatile bool _isStopping;

        /// <summary>Has the thread begin when the duty's time comes, unless somebody wakes it before.</summary>
        internal void AwaitFirstWork()
        {
            long firstWorkMs = duty.NextWorkMs;
            if (firstWorkMs <= owner.NowMs)
            {
                Begin();
            }
            else if (firstWorkMs != long.MaxValue)
            {
                lock (_start)
                {
                    _firstWork = owner.CallAt(firstWorkMs, Begin);
                }
            }
        }

        public void Wake()
        {
            // Full fence, partner of the one in Run: either this sees the thread asleep, or the thread sees the new count.
            Interlocked.Increment(ref _wakes);
            if (Volatile.Read(ref _thread) is null)
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
            Thread? thread;
            lock (_start)
            {
                _isStopping = true; // From here on no thread is started.
                _firstWork?.Dispose();
                thread = _thread;
            }

            _wakeUp.Set();
            if (thread != Thread.CurrentThread)
            {
                thread?.Join();
            }
        }

        private void Begin()
        {
            lock (_start)
            {
                _firstWork?.Dispose();
                if (_thread is not null || _isStopping)
                {
                    return;
                }

                var thread = new Thread(Run) { IsBackground = true, Name = duty.Name };
                try
                {
                    thread.UnsafeStart(); // What flows with whoever happens to wake the duty first is none of its business.
                    Volatile.Write(ref _thread, thread);
                }
                catch (OutOfMemoryException)
                {
                    // The system gives no more threads. Who woke the duty relies on it, and may be in the middle of something.
                    _firstWork = owner.CallAt(owner.NowMs + RetryMs, Begin);
                }
            }
        }

        private void Run()
        {
            while (!_isStopping)
            {
                long seen = Volatile.Read(ref _wakes);
                if (duty.DoWork(owner.NowMs) > 0)
                {
                    continue;
                }

                Interlocked.Exchange(ref _isAsleep, 1);
                if (Volatile.Read(ref _wakes) == seen && !_isStopping)
                {
                    long waitMs = duty.NextWorkMs == long.MaxValue ? -1 : Math.Clamp(duty.NextWorkMs - owner.NowMs, 0, int.MaxValue);
                    _wakeUp.WaitOne((int)waitMs);
                }

                Volatile.Write(ref _isAsleep, 0);
            }
        }
    }
}
