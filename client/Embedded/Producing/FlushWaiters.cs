namespace Zurau.Embedded.Producing;

/// <summary>Those who wait until so many batches of a partition are delivered, in the order of their numbers. Guarded by its owner's lock.</summary>
internal sealed class FlushWaiters
{
    private readonly Queue<KeyValuePair<long, TaskCompletionSource>> _waiters = new();

    internal Task Add(long sealedCount)
    {
        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiters.Enqueue(new(sealedCount, waiter));
        return waiter.Task;
    }

    /// <summary>Continuations run on the thread pool, so this runs nothing of theirs under the lock.</summary>
    internal void Complete(long deliveredCount)
    {
        while (_waiters.TryPeek(out KeyValuePair<long, TaskCompletionSource> waiter) && waiter.Key <= deliveredCount)
        {
            _waiters.Dequeue().Value.SetResult();
        }
    }
}
