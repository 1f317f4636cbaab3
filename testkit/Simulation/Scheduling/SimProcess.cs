using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Zurau.Testing.Simulation;

/// <summary>
/// One run of a simulated process: its storage, duties, continuations and actors. Ends
/// when its body and all its actors have ended, or with a crash. The disk is in the state
/// after the crash before any actor unwinds.
/// </summary>
internal sealed class SimProcess
{
    private const int ContinuationActors = 2;
    private readonly Queue<(TaskCompletionSource<ErrorCode> Completion, ErrorCode Error)> _completions = new();
    private long _crashStep;

    internal SimProcess(World world, string name, CrashKind crashKind, long crashStep)
    {
        World = world;
        Name = name;
        CrashKind = crashKind;
        _crashStep = crashKind == CrashKind.None ? long.MaxValue : crashStep;
        Storage = world.Boot();
        DutyPump = new SimDutyPump(this);
        Hooks = world.MakeHooks(this);
    }

    internal World World { get; }

    internal string Name { get; }

    internal IStorage Storage { get; }

    internal IDutyPump DutyPump { get; }

    internal LogHooks Hooks { get; }

    /// <summary>True after its crash. Its actors then unwind at their next step.</summary>
    internal bool IsDead { get; private set; }

    /// <summary>True when its continuations are no longer needed.</summary>
    internal bool IsStopping { get; private set; }

    internal long Steps { get; private set; }

    /// <summary>How it is planned to crash.</summary>
    internal CrashKind CrashKind { get; }

    /// <summary>The step at which it crashed.</summary>
    internal string? CrashPlace { get; private set; }

    /// <summary>The number of its actors that have not ended.</summary>
    internal int LiveActors { get; set; }

    /// <summary>
    /// Runs a body as the main actor and waits until all actors of the process have
    /// ended. Called by an actor outside of it.
    /// </summary>
    internal void Run(Action body)
    {
        for (int i = 0; i < ContinuationActors; i++)
        {
            World.Spawn($"pool-{i}", this, RunContinuations);
        }

        World.Spawn("main", this, () =>
        {
            body();
            IsStopping = true;
        });
        World.Block(() => LiveActors == 0, $"the end of {Name}");
        World.Disk.ReclaimDead();
    }

    internal Actor Spawn(string name, Action body) => World.Spawn(name, this, body);

    /// <summary>
    /// Queues a completion: its continuations run on an actor that represents the thread
    /// pool.
    /// </summary>
    internal void Post(TaskCompletionSource<ErrorCode> completion, ErrorCode error) => _completions.Enqueue((completion, error));

    /// <summary>
    /// Counts a step of one of its actors and crashes if it is the planned one.
    /// </summary>
    internal void Step(Actor actor)
    {
        if (++Steps == _crashStep)
        {
            Crash(CrashKind, actor.Place);
        }
    }

    /// <summary>
    /// Sets the number of steps until the planned crash; no effect if none is planned.
    /// </summary>
    internal void CrashIn(long steps) => _crashStep = CrashKind == CrashKind.None ? long.MaxValue : Steps + steps;

    /// <summary>
    /// Ends the process now. Returns to the caller, which unwinds at its next step.
    /// </summary>
    internal void Crash(CrashKind kind, string place)
    {
        if (IsDead)
        {
            return;
        }

        CrashPlace = place;
        if (Hooks is SimHooks { IsSwapping: true })
        {
            World.Probe($"{kind} while cleaning swaps");
        }

        List<CopyInFlight> copies = World.CopiesOf(this);
        if (copies.Count > 0)
        {
            World.Probe($"{kind} while {(copies.Count > 1 ? "appends copy" : "an append copies")}");
        }

        if (kind == CrashKind.Kill)
        {
            World.Disk.Kill(copies);
        }
        else
        {
            World.Disk.PowerLoss(copies);
        }

        IsDead = true;
    }

    private void RunContinuations()
    {
        while (true)
        {
            World.Block(() => _completions.Count > 0 || IsStopping, "a continuation");
            if (!_completions.TryDequeue(out (TaskCompletionSource<ErrorCode> Completion, ErrorCode Error) next))
            {
                return;
            }

            World.Step(StepPoint.Continuation);
            next.Completion.TrySetResult(next.Error);
        }
    }
}
