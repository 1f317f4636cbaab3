namespace Zurau.Engine.Log;

/// <summary>What a log may still do: its state, and whether a write or a flush has failed for good. Thread-safe.</summary>
internal sealed class LogLifecycle
{
    private int _state; // See LogState; only goes up.
    private volatile bool _hasFailed; // Set once, by the first flush that fails, or with _hasHole.
    private volatile bool _hasHole; // Set once: room was reserved that could not be written, so nothing after it is ever published.

    internal LogState State => (LogState)Volatile.Read(ref _state);

    /// <summary>True once a flush or a write failed: the log is readable, and nothing is appended or acknowledged any more.</summary>
    internal bool HasFailed => _hasFailed;

    /// <summary>True once a reserved batch could not be written: nothing after it is ever published.</summary>
    internal bool HasHole => _hasHole;

    /// <summary>Moves the state on; without effect if it is as far already.</summary>
    internal void Advance(LogState state)
    {
        int seen = Volatile.Read(ref _state);
        while (seen < (int)state)
        {
            int found = Interlocked.CompareExchange(ref _state, (int)state, seen);
            if (found == seen)
            {
                return;
            }

            seen = found;
        }
    }

    /// <summary>Refuses appends from now on. The caller then fails those who wait for a flush.</summary>
    internal void Fail()
    {
        _hasFailed = true;
        Interlocked.MemoryBarrier(); // Partner: HasFailed is read after a waiter was added.
    }

    /// <summary>Notes that published records end at a batch that could not be written. <see cref="Fail"/> follows.</summary>
    internal void NoteHole() => _hasHole = true;
}
