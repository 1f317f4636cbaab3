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
            }

            // While they were off the stack nobody else could complete them: look again.
            if (reached() == seen)
            {
                break;
            }
        }

        return completed;
    }

    internal void Fail(ErrorCode error)
    {
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
