namespace Zurau.Consuming;

/// <summary>
/// Admits one call into a consumer at a time and refuses a second one, as the Java client does: a consumer is not thread-safe, and a
/// lock would only hide that. A rebalance listener may call back.
/// </summary>
internal sealed class ConsumerGate
{
    // Identifies the call of a rebalance listener in whose asynchronous flow the code runs.
    private readonly AsyncLocal<object?> _flow = new();
    private int _isEntered;
    private int _isClosed;

    // The listener's call inside the call that is entered; null for none.
    private volatile object? _listener;

    // Waits for the end of the call that is entered; null for none.
    private TaskCompletionSource? _closing;

    /// <summary>Whether the close has begun: only a rebalance listener may still call the consumer.</summary>
    internal bool IsClosed => Volatile.Read(ref _isClosed) != 0;

    private bool IsInListener => _listener is { } listener && ReferenceEquals(_flow.Value, listener);

    internal Entry Enter()
    {
        if (IsInListener)
        {
            return default;
        }

        ObjectDisposedException.ThrowIf(IsClosed, typeof(Consumer<,>));
        return TryEnter()
            ? new Entry(this)
            : throw new InvalidOperationException(
                "The consumer is in use by another call; it is not safe for concurrent use, except for Wakeup.");
    }

    /// <summary>Refuses later calls, waits until the call that is entered has ended, and enters. Returns false for a second close.</summary>
    /// <param name="wakeup">Makes the call that is entered end.</param>
    /// <exception cref="InvalidOperationException">A rebalance listener closes its consumer.</exception>
    internal async ValueTask<bool> TryCloseAsync(Action wakeup)
    {
        if (IsInListener)
        {
            throw new InvalidOperationException("A rebalance listener cannot close its consumer: the close would wait for the listener.");
        }

        if (Interlocked.Exchange(ref _isClosed, 1) != 0)
        {
            return false;
        }

        while (!TryEnter()) // Ends when the calls that were made before the close have ended; later ones are refused.
        {
            var closing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Interlocked.Exchange(ref _closing, closing);
            if (Volatile.Read(ref _isEntered) == 0)
            {
                continue;
            }

            wakeup();
            await closing.Task.ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>Calls a rebalance listener, which may call the consumer.</summary>
    internal async ValueTask CallListenerAsync(
        Func<IReadOnlyCollection<TopicPartition>, CancellationToken, ValueTask> listener,
        IReadOnlyCollection<TopicPartition> partitions,
        CancellationToken cancellationToken)
    {
        object? outer = _listener;
        object call = new();
        _listener = call;
        _flow.Value = call; // Not visible to the caller: the change ends with this asynchronous method.
        try
        {
            await listener(partitions, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _listener = outer;
        }
    }

    /// <summary>Calls code of the application, which may call the consumer until it returns.</summary>
    internal void Call(Action code)
    {
        object? outer = _listener;
        object? outerFlow = _flow.Value;
        object call = new();
        _listener = call;
        _flow.Value = call;
        try
        {
            code();
        }
        finally
        {
            _listener = outer;
            _flow.Value = outerFlow;
        }
    }

    private bool TryEnter() => Interlocked.CompareExchange(ref _isEntered, 1, 0) == 0;

    private void Exit()
    {
        Interlocked.Exchange(ref _isEntered, 0); // A full fence: the closing call sets _closing and then reads _isEntered.
        Volatile.Read(ref _closing)?.TrySetResult();
    }

    /// <summary>A call that is under way; disposing ends it.</summary>
    internal readonly struct Entry(ConsumerGate? gate) : IDisposable
    {
        public void Dispose() => gate?.Exit();
    }
}
