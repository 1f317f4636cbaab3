using System.Collections.Concurrent;

namespace Zurau.Testing.Simulation;

/// <summary>
/// A pool of threads for one lane of runs. Worlds that run one after another share it;
/// worlds that run in parallel do not. Thread-safe.
/// </summary>
/// <param name="core">The processor to which the threads are bound, because a switch is
/// cheapest there; -1 for no binding.</param>
internal sealed class ActorThreads(int core = -1)
{
    private readonly ConcurrentStack<ActorThread> _idle = new();
    private int _made;

    internal int Core { get; } = core;

    internal void Run(Action body)
    {
        ActorThread thread = _idle.TryPop(out ActorThread? idle) ? idle : new ActorThread(this, Interlocked.Increment(ref _made));
        thread.Run(body);
    }

    internal void Return(ActorThread thread) => _idle.Push(thread);
}
