namespace Zurau.Consuming;

/// <summary>
/// Lets one call into a consumer at a time and refuses the second one, as the Java client does: a consumer is not thread-safe, and a
/// lock would only hide that. A rebalance listener may call back, on the thread that calls it.
/// </summary>
internal sealed class ConsumerGate
{
    private int _isEntered;

    // The thread that runs a rebalance listener inside the call that is entered; 0 for none.
    private volatile int _listenerThread;

    internal Entry Enter()
    {
        if (_listenerThread == Environment.CurrentManagedThreadId)
        {
            return default;
        }

        return Interlocked.CompareExchange(ref _isEntered, 1, 0) == 0
            ? new Entry(this)
            : throw new InvalidOperationException(
                "The consumer is in use by another call; it is not safe for concurrent use, but for Wakeup.");
    }

    /// <summary>Runs a rebalance listener, which may call the consumer.</summary>
    internal void CallListener(Action<IReadOnlyCollection<TopicPartition>> listener, IReadOnlyCollection<TopicPartition> partitions)
    {
        int outer = _listenerThread;
        _listenerThread = Environment.CurrentManagedThreadId;
        try
        {
            listener(partitions);
        }
        finally
        {
            _listenerThread = outer;
        }
    }

    /// <summary>A call that is under way; disposing ends it.</summary>
    internal readonly struct Entry(ConsumerGate? gate) : IDisposable
    {
        public void Dispose()
        {
            if (gate is not null)
            {
                Volatile.Write(ref gate._isEntered, 0);
            }
        }
    }
}
