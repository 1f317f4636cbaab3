using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Zurau.Testing.Simulation;

/// <summary>
/// One life of a simulated process: its storage, its duties, its continuations, and the actors that live in it. It ends when its body and
/// all its actors have, or when it is crashed; then the disk is what the crash left before anybody unwinds.
/// </summary>
internal sealed class SimProcess
{
    private const int ContinuationActors = 2;
    private readonly Queue<(Completion Completion, ErrorCode Error)> _completions = new();
    private readonly long _crashStep;

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

    /// <summary>True from the moment of its crash: whoever still moves in it unwinds.</summary>
    internal bool IsDead { get; private set; }

    /// <summary>True once nobody needs its continuations any more.</summary>
    internal bool IsStopping { get; private set; }

    internal long Steps { get; private set; }

    /// <summary>How it is to crash.</summary>
    internal CrashKind CrashKind { get; }

    /// <summary>What the crash met.</summary>
    internal string? CrashPlace { get; private set; }

    /// <summary>How many of its actors have not ended.</summary>
    internal int LiveActors { get; set; }

    /// <summary>Runs a body as the process's main actor and waits until all of the process has ended. Called by an actor outside of it.</summary>
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

    /// <summary>Whoever continues behind a completion does so on an actor that plays the thread pool.</summary>
    internal void Post(Completion completion, ErrorCode error) => _completions.Enqueue((completion, error));

    /// <summary>Counts a step of one of its actors and crashes where it was planned.</summary>
    internal void Step(Actor actor)
    {
        if (++Steps == _crashStep)
        {
            Crash(CrashKind, actor.Place);
        }
    }

    /// <summary>Ends it now. Returns: whoever calls unwinds at its next step.</summary>
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
            if (!_completions.TryDequeue(out (Completion Completion, ErrorCode Error) next))
            {
                return;
            }

            World.Step(StepPoint.Continuation);
            next.Completion.TrySetResult(next.Error);
        }
    }
}
