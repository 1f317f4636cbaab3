using System.Collections.Concurrent;

namespace Zurau.Testing.Simulation;

/// <summary>The threads of one lane of runs. Worlds that run one after the other share them; worlds side by side share nothing. Thread-safe.</summary>
/// <param name="core">The processor that they stay on, where a switch costs least; -1 leaves it to the system.</param>
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
