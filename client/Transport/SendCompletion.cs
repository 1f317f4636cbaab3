using Zurau.Producing;

namespace Zurau.Transport;

/// <summary>
/// Receives the result of one sent record: the caller's callback, or an awaited send, or nothing. The default value receives nothing. The
/// size of one reference.
/// </summary>
public readonly struct SendCompletion
{
    private readonly object? _target; // Null, a callback, or a PendingSend.

    /// <summary>Creates a completion that calls a callback; null for none.</summary>
    public SendCompletion(Action<RecordMetadata, Exception?>? callback) => _target = callback;

    internal SendCompletion(PendingSend pending) => _target = pending;

    /// <summary>Gets whether no one receives the result: the transport logs a failure instead.</summary>
    public bool IsNone => _target is null;

    /// <summary>
    /// Passes the result on, once. A callback runs on this thread, and what it throws is thrown here: log it and continue. An awaited send
    /// continues on the thread pool.
    /// </summary>
    /// <param name="metadata">The record's position; with an error, the partition and the record's own timestamp, with offset -1.</param>
    /// <param name="error">Why the record was not delivered, an exception of its own for each record; null for success.</param>
    public void Complete(RecordMetadata metadata, Exception? error)
    {
        if (_target is not PendingSend pending)
        {
            ((Action<RecordMetadata, Exception?>?)_target)?.Invoke(metadata, error);
        }
        else if (error is null)
        {
            pending.SetResult(metadata);
        }
        else
        {
            pending.SetException(error);
        }
    }
}
