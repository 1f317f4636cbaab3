using Zurau.Engine.Common;

namespace Zurau.Engine.Log;

/// <summary>
/// The state of a log, and whether a write or a flush has failed permanently. Thread-safe.
/// </summary>
internal sealed class LogLifecycle
{
    private int _state; // See LogState; only increases.
    private volatile bool _hasFailed; // Set once, by the first flush that fails, or with _hasHole.
    private volatile bool _hasHole; // Set once: reserved space could not be written, so nothing after it is ever published.

    internal LogState State => (LogState)Volatile.Read(ref _state);

    /// <summary>
    /// True once a flush or a write failed: the log is readable, and nothing more is appended
    /// or acknowledged.
    /// </summary>
    internal bool HasFailed => _hasFailed;

    /// <summary>
    /// True once a reserved batch could not be written: nothing after it is ever published.
    /// </summary>
    internal bool HasHole => _hasHole;

    /// <summary>Advances the state; no effect if it has advanced this far already.</summary>
    internal void Advance(LogState state) => Monotonic.Raise(ref _state, (int)state);

    /// <summary>
    /// Refuses appends from now on. The caller then fails the waiters for a flush.
    /// </summary>
    internal void Fail()
    {
        _hasFailed = true;
        Interlocked.MemoryBarrier(); // Partner: HasFailed is read after a waiter was added.
    }

    /// <summary>
    /// Notes that published records end at a batch that could not be written.
    /// <see cref="Fail"/> follows.
    /// </summary>
    internal void NoteHole() => _hasHole = true;
}
