using Zurau.Engine.Log;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Admits one caller at a time, in the order of arrival, without blocking threads. At
/// most <see cref="Limit"/> callers wait. Thread-safe; its lock is held briefly.
/// </summary>
internal sealed class AsyncGate(LogHooks? hooks)
{
    /// <summary>
    /// A client has one request per transactional id in flight; more than a few waiting
    /// requests are caused by retries.
    /// </summary>
    internal const int Limit = 1000;

    private readonly Lock _lock = new();
    private readonly Queue<Completion> _waiting = new();
    private bool _isTaken;

    /// <summary>
    /// Completes with true when the caller is admitted; it must call <see cref="Exit"/>.
    /// False if too many wait.
    /// </summary>
    internal async ValueTask<bool> EnterAsync()
    {
        Completion turn;
        lock (_lock)
        {
            if (!_isTaken)
            {
                _isTaken = true;
                return true;
            }

            if (_waiting.Count >= Limit)
            {
                return false;
            }

            turn = new Completion(hooks);
            _waiting.Enqueue(turn);
        }

        return await turn.Task.ConfigureAwait(false) == ErrorCode.None;
    }

    internal void Exit()
    {
        Completion? next;
        lock (_lock)
        {
            _isTaken = _waiting.TryDequeue(out next);
        }

        next?.Complete(ErrorCode.None);
    }
}
