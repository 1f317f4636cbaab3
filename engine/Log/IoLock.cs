namespace Zurau.Engine.Log;

/// <summary>
/// An in-process lock that is held during file operations. A simulator may pause its holder
/// there, so waiters wait in steps that the simulator controls.
/// </summary>
/// <param name="hooks">Null in production.</param>
/// <param name="point">The point that a simulator sees for waiters.</param>
internal sealed class IoLock(LogHooks? hooks, LogPoint point = LogPoint.WaitLock)
{
    private readonly Lock _lock = new();

    /// <summary>Acquires the lock until the scope ends.</summary>
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

    /// <summary>Acquires the lock until <see cref="Exit"/>, on the same thread.</summary>
    internal void Acquire()
    {
        if (hooks is null)
        {
            _lock.Enter();
            return;
        }

        while (!_lock.TryEnter()) // Ends when the holder has released the lock.
        {
            hooks.Wait(point);
        }
    }

    /// <summary>Acquires the lock until <see cref="Exit"/> if it is free.</summary>
    internal bool TryEnter() => _lock.TryEnter();

    internal void Exit() => _lock.Exit();
}
