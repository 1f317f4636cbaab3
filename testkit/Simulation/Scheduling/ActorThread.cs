using System.Runtime.InteropServices;

namespace Zurau.Testing.Simulation;

/// <summary>
/// A pooled thread that runs actors one after another: creating a thread costs more than
/// most runs.
/// </summary>
internal sealed unsafe partial class ActorThread
{
    private readonly ActorThreads _pool;
    private readonly TokenSignal _start = new();
    private Action? _body;

    internal ActorThread(ActorThreads pool, int number)
    {
        _pool = pool;
        new Thread(Loop, maxStackSize: 1 << 20) { IsBackground = true, Name = $"actor-{number}" }.Start();
    }

    internal void Run(Action body)
    {
        _body = body;
        _start.Signal();
    }

    private void Loop()
    {
        if (_pool.Core >= 0 && OperatingSystem.IsLinux())
        {
            ulong mask = 1UL << _pool.Core;
            _ = SetAffinity(0, sizeof(ulong), &mask);
        }

        while (true)
        {
            _start.Wait();
            _body!();
            _body = null;
            _pool.Return(this);
        }
    }

    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    private static partial int SetAffinity(int thread, nuint size, ulong* mask);
}
