using Zurau.Engine.Log;

namespace Zurau.Engine.Coordination;

/// <summary>Lets one in at a time, in the order of their coming, over waits that block no thread. Its lock is held for moments.</summary>
internal sealed class AsyncGate(LogHooks? hooks)
{
    private readonly Lock _lock = new();
    private readonly Queue<Completion> _waiting = new();
    private bool _isTaken;

    /// <summary>Completes when the caller is in; it must <see cref="Exit"/>.</summary>
    internal ValueTask EnterAsync()
    {
        lock (_lock)
        {
            if (!_isTaken)
            {
                _isTaken = true;
                return ValueTask.CompletedTask;
            }

            var turn = new Completion(hooks);
            _waiting.Enqueue(turn);
            return new ValueTask(turn.Task);
        }
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
