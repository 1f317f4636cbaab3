namespace Zurau.Engine.Log;

/// <summary>A lock that is held over file operations. A simulator may stop its holder there, so those behind it wait in turns.</summary>
internal sealed class FileLock(LogHooks? hooks)
{
    private readonly Lock _lock = new();

    internal Lock.Scope Enter()
    {
        if (hooks is null)
        {
            return _lock.EnterScope();
        }

        while (!_lock.TryEnter())
        {
            hooks.Wait(LogPoint.WaitLock);
        }

        Lock.Scope scope = _lock.EnterScope();
        _lock.Exit();
        return scope;
    }
}
