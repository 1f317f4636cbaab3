namespace Zurau.Engine.Log;

/// <summary>
/// The waiters of one word that only grows, as a lock-free stack. Whoever moves the word calls <see cref="Complete"/> behind a full fence;
/// whoever adds a waiter looks at the word again behind a full fence; so one of the two sees the other.
/// </summary>
internal sealed class OffsetWaiters(Func<long> reached, LogHooks? hooks)
{
    private const int SweepEvery = 64;
    private OffsetWaiter? _top;
    private int _added;
    private int _failsBegun; // A call of Complete that finds these two equal, from before it takes the waiters until after it has put
    private int _failsEnded; // back the rest, has overlapped with no Fail.
    private volatile ErrorCode _error; // Of the last Fail.

    internal void Add(OffsetWaiter waiter)
    {
        Push(waiter);
        hooks?.At(LogPoint.WaiterAdded);

        // Waiters that timed out stay until a sweep: without one, long polls of an idle partition would pile up.
        if (reached() >= waiter.Offset || Interlocked.Increment(ref _added) % SweepEvery == 0)
        {
            Complete();
        }
    }

    /// <summary>Completes those whose offset is reached and forgets those who no longer wait; returns how many it completed.</summary>
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
                PushAll(rest); // Those that are left where one could not be completed, for want of memory.

                // A Fail meanwhile has not met those that were off the stack. Full fence: the compare-and-swap of the last Push.
                if (Volatile.Read(ref _failsBegun) != fails)
                {
                    Fail(_error);
                }
            }

            // While they were off the stack nobody else could complete them: look again.
            if (reached() == seen)
            {
                break;
            }
        }

        return completed;
    }

    /// <summary>Answers all waiters with an error, also those that a call of <see cref="Complete"/> has taken and not answered yet.</summary>
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
