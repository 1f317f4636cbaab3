namespace Zurau.Engine.Log;

/// <summary>
/// The waiters of one word that only grows, as a lock-free stack. A writer of the word calls
/// <see cref="Complete"/> after a full fence; a thread that adds a waiter reads the word again
/// after a full fence. So at least one of the two sees the other's change.
/// </summary>
/// <param name="reached">Reads the word.</param>
/// <param name="hooks">Null in production.</param>
internal sealed class OffsetWaiters(Func<long> reached, LogHooks? hooks)
{
    private const int SweepEvery = 64;
    private OffsetWaiter? _top;
    private int _added;
    private int _failsBegun; // If Complete finds these two equal, from before it takes the waiters until after it
    private int _failsEnded; // has pushed the rest back, no Fail has overlapped with it.
    private volatile ErrorCode _error; // Of the last Fail.

    internal void Add(OffsetWaiter waiter)
    {
        Push(waiter);
        hooks?.At(LogPoint.WaiterAdded);

        // Waiters that timed out stay until a sweep: without one, long polls of an idle
        // partition would accumulate.
        if (reached() >= waiter.Offset || Interlocked.Increment(ref _added) % SweepEvery == 0)
        {
            Complete();
        }
    }

    /// <summary>Adds a waiter; if the log is not open it is completed with an error.</summary>
    internal void Add(OffsetWaiter waiter, LogLifecycle lifecycle)
    {
        Add(waiter);
        if (lifecycle.State != LogState.Open)
        {
            Fail(ErrorCode.NotLeaderOrFollower);
        }
    }

    /// <summary>
    /// Completes the waiters whose offset is reached and drops those that are completed
    /// already; returns how many it completed.
    /// </summary>
    internal int Complete()
    {
        int completed = 0;
        while (Volatile.Read(ref _top) is not null)
        {
            int fails = Volatile.Read(ref _failsEnded);
            long seen = reached();
            OffsetWaiter? waiter = Interlocked.Exchange(ref _top, null);
            hooks?.At(LogPoint.WaitersTaken);
            OffsetWaiter? rest = waiter;
            try
            {
                while ((waiter = rest) is not null)
                {
                    rest = waiter.Below;
                    if (waiter.Offset <= seen)
                    {
                        waiter.Complete(ErrorCode.None);
                        completed++;
                    }
                    else if (!waiter.IsDone)
                    {
                        Push(waiter);
                    }
                }
            }
            finally
            {
                PushAll(rest); // Those that are left if one could not be completed for lack of memory.

                // A concurrent Fail has not seen the waiters that were off the stack. Full
                // fence: the compare-and-swap of the last Push.
                if (Volatile.Read(ref _failsBegun) != fails)
                {
                    Fail(_error);
                }
            }

            // While they were off the stack no other thread could complete them: read the word
            // again.
            if (reached() == seen)
            {
                break;
            }
        }

        return completed;
    }

    /// <summary>
    /// Completes all waiters with an error, also those that a concurrent <see cref="Complete"/>
    /// has taken and not completed yet.
    /// </summary>
    internal void Fail(ErrorCode error)
    {
        _error = error;
        Interlocked.Increment(ref _failsBegun);
        OffsetWaiter? rest = Interlocked.Exchange(ref _top, null);
        try
        {
            while (rest is { } waiter)
            {
                rest = waiter.Below;
                waiter.Complete(error);
            }
        }
        finally
        {
            PushAll(rest);
            Interlocked.Increment(ref _failsEnded);
        }
    }

    private void PushAll(OffsetWaiter? waiter)
    {
        while (waiter is not null)
        {
            OffsetWaiter? below = waiter.Below;
            Push(waiter);
            waiter = below;
        }
    }

    private void Push(OffsetWaiter waiter)
    {
        OffsetWaiter? top = Volatile.Read(ref _top);
        while (true) // Ends with the compare-and-swap: each failure is another waiter's success.
        {
            waiter.Below = top;
            OffsetWaiter? seen = Interlocked.CompareExchange(ref _top, waiter, top);
            if (seen == top)
            {
                return;
            }

            top = seen;
        }
    }
}
