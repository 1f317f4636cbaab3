namespace Zurau.Engine.Log;

/// <summary>A lock inside this process that is held during file operations. A simulator may stop its holder there, so waiters wait in steps that it sees.</summary>
/// <param name="hooks">Null in production.</param>
/// <param name="point">Where a simulator finds those who wait.</param>
internal sealed class IoLock(LogHooks? hooks, LogPoint point = LogPoint.WaitLock)
{
    private readonly Lock _lock = new();

    /// <summary>Takes the lock until the scope ends.</summary>
    internal Lock.Scope Enter()
    {
        if (hooks is null)
        {
            return _lock.EnterScope();
        }

        Acquire();
        Lock.Scope scope = _lock.EnterScope();
        _lock.Exit();
        return scope;
    }

    /// <summary>Takes the lock until <see cref="Exit"/>, on the same thread.</summary>
    internal void Acquire()
    {
        if (hooks is null)
        {
            _lock.Enter();
            return;
        }

        while (!_lock.TryEnter()) // Ends when the holder has left.
        {
            hooks.Wait(point);
        }
    }

    /// <summary>Takes the lock if it is free, until <see cref="Exit"/>.</summary>
    internal bool TryEnter() => _lock.TryEnter();

    internal void Exit() => _lock.Exit();
}
