using System.Globalization;
using Zurau.Engine.Storage;

namespace Zurau.Testing.Simulation;

/// <summary>
/// One simulated machine and its actors. Actors are threads that pass a token: only the
/// holder runs, and the seed decides which actor gets the token next. Runs the shipped
/// engine unchanged and repeatably. Only the holder of the token may use the members,
/// except <see cref="Run"/>.
/// </summary>
internal sealed class World : IDisposable
{
    private const int StuckAfterMs = 30_000;
    private const int MonitorEvery = 8;
    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    [ThreadStatic]
    private static Actor? s_current;

    private readonly ActorThreads _threads;
    private readonly Mutant? _mutant;
    private readonly Schedule _schedule;
    private readonly SimRandom _clock;
    private readonly List<Actor> _actors = [];
    private readonly List<Actor> _ready = [];
    private readonly Trace _trace;
    private readonly SemaphoreSlim _done = new(0);
    private readonly long _maxSteps;
    private Actor? _holder; // The actor that holds the token.
    private long _moves; // Counts the events that may end the wait of an actor.
    private int _made;
    private bool _isOver;
    private bool _isMonitoring;

    internal World(ulong seed, DiskProfile profile, ActorThreads threads, int timelineLength = 60, Mutant? mutant = null, long maxSteps = 400_000)
    {
        var random = new SimRandom(seed);
        _schedule = new Schedule(random.Fork());
        _clock = random.Fork();
        Time = new SimTime(s_start, random.Fork());
        Disk = new SimDisk(random.Fork(), profile) { Calling = OnDisk, Writing = OnWriting, Delaying = OnDelay };
        Faults = new WorldFaults(random.Fork(), Probes);
        Disk.Failing = Faults.NoteFailure;
        _threads = threads;
        _trace = new Trace(timelineLength);
        _mutant = mutant;
        _maxSteps = maxSteps;
    }

    internal SimDisk Disk { get; }

    internal SimTime Time { get; }

    internal long NowMs => Time.GetTimestamp() / TimeSpan.TicksPerMillisecond;

    /// <summary>Called between steps, on the running actor, to check invariants.</summary>
    internal Action? Monitor { get; set; }

    /// <summary>True for exceptions that the scenario injects into duties.</summary>
    internal Func<Exception, bool> IsExpected { get; set; } = static _ => false;

    /// <summary>The faults apart from those of the disk.</summary>
    internal WorldFaults Faults { get; }

    internal Probes Probes { get; } = new();

    /// <summary>The number of executed steps of each kind.</summary>
    internal long[] Points { get; } = new long[StepPoint.Count];

    internal long Steps { get; private set; }

    /// <summary>A hash of all events: two runs of one seed have the same.</summary>
    internal ulong EventHash { get; private set; }

    internal Exception? Failure { get; private set; }

    internal Actor? Current => s_current;

    /// <summary>Returns the last steps, for a report.</summary>
    internal IReadOnlyList<string> Timeline() => _trace.Last();

    /// <summary>
    /// Runs a world until its last actor has ended. Called by a thread that is not an
    /// actor. Stores an error in <see cref="Failure"/>.
    /// </summary>
    internal void Run(Action body)
    {
        Actor first = Spawn("operator", null, body);
        _holder = first;
        first.Token.Signal();
        long seen = -1;
        while (!_done.Wait(StuckAfterMs))
        {
            if (seen == Steps)
            {
                Failure ??= new SimulationFailure($"The actor '{_holder?.Name}' has not returned from '{_holder?.Place}' for {StuckAfterMs / 1000} s: it waits for something outside of the simulation.");
                return;
            }

            seen = Steps;
        }
    }

    internal Actor Spawn(string name, SimProcess? process, Action body)
    {
        if (process is not null)
        {
            process.LiveActors++;
        }

        var actor = new Actor(_made++, name, process) { Priority = _schedule.NextPriority() };
        _actors.Add(actor);
        _moves++;
        _threads.Run(() => Live(actor, body));
        return actor;
    }

    /// <summary>Registers a step; other actors may run, or the process may crash.</summary>
    internal void Step(int point, string? detail = null, long position = 0, long length = 0)
    {
        if (_isMonitoring)
        {
            return;
        }

        Actor actor = RequireCurrent(point);
        ThrowIfDead(actor);
        Note(actor, point, detail, position, length);
        actor.Process?.Step(actor);
        ThrowIfDead(actor);
        if (Monitor is not null && Steps % MonitorEvery == 0)
        {
            CheckInvariants();
        }

        if (_schedule.Switches(actor))
        {
            actor.State = ActorState.Ready;
            PassOn(actor);
        }
    }

    /// <summary>Spin-waits: returns after another actor has made a move.</summary>
    internal void Spin(int point)
    {
        Actor actor = RequireCurrent(point);
        ThrowIfDead(actor);
        actor.Place = StepPoint.Name(point);
        Points[point]++;
        actor.State = ActorState.Spinning;
        actor.Stamp = _moves;
        _schedule.LowerPriority(actor);
        PassOn(actor);
    }

    /// <summary>Blocks the caller until a condition holds or a time is reached.</summary>
    internal void Block(Func<bool>? condition, string what, long deadlineMs = long.MaxValue)
    {
        Actor actor = s_current ?? throw new InvalidOperationException("The calling thread is not an actor of the world. Call this from an actor.");
        ThrowIfDead(actor);
        actor.Place = what;
        actor.State = ActorState.Blocked;
        actor.Condition = condition;
        actor.DeadlineMs = deadlineMs;
        _moves++;
        PassOn(actor);
    }

    internal void Sleep(long ms) => Block(null, "time", NowMs + ms);

    /// <summary>Waits for a task that other actors complete.</summary>
    internal T Await<T>(ValueTask<T> task, string what)
    {
        if (!task.IsCompleted)
        {
            Task<T> running = task.AsTask();
            Block(() => running.IsCompleted, what);
            return running.GetAwaiter().GetResult();
        }

        return task.GetAwaiter().GetResult();
    }

    internal void Probe(string name) => Probes.Hit(name);

    /// <summary>Ends the world because of a violation.</summary>
    internal void Fail(Exception failure)
    {
        Failure ??= failure;
        _isOver = true;
    }

    /// <summary>Returns the calling actor; fails the run on any other thread.</summary>
    internal Actor RequireCurrent(int point)
    {
        Actor? actor = s_current;
        if (actor is null || actor != _holder)
        {
            var failure = new SimulationFailure(
                $"'{StepPoint.Name(point)}' was reached on a thread that the simulation does not own ('{Thread.CurrentThread.Name}'): the calling code uses the thread pool, a real timer or its own thread. Use the duty pump, the clock and the completions of the engine.{Environment.NewLine}{Environment.StackTrace}");
            Fail(failure);
            throw failure;
        }

        return actor;
    }

    internal List<CopyInFlight> CopiesOf(SimProcess process)
    {
        var copies = new List<CopyInFlight>();
        foreach (Actor actor in _actors)
        {
            if (actor.Process == process && actor.Copy is { } copy)
            {
                copies.Add(new CopyInFlight(copy.Region, copy.Position, new byte[copy.Length]));
            }
        }

        if (_writing is not null)
        {
            copies.Add(_writing);
        }

        return copies;
    }

    /// <summary>The number of waiting readers, as counted by the scenario.</summary>
    internal int ParkedReaders { get; set; }

    internal bool HasOtherCopies(Actor actor) => _actors.Exists(other => other != actor && other.Copy is not null);

    internal SimHooks MakeHooks(SimProcess process) => _mutant?.Hooks?.Invoke(process) ?? new SimHooks(process);

    internal IStorage Boot() => _mutant?.Storage is { } wrap ? wrap(Disk.Boot()) : Disk.Boot();

    public void Dispose()
    {
        Disk.Dispose();
        _done.Dispose();
    }

    private CopyInFlight? _writing; // The write that the running actor is executing.

    private void OnDisk(DiskCall call)
    {
        int point = StepPoint.Of(call.Operation);
        Step(point, call.Path, call.Position, call.Length);

        // Disk calls of the engine allocate memory, which can fail. No exception is
        // allowed while a batch is being copied.
        if (s_current is { Copy: null } actor && Faults.ThrowInto(actor, point) is { } exception)
        {
            throw exception;
        }
    }

    private void OnWriting(CopyInFlight copy)
    {
        // Only a crash at this step leaves a partial write; other actors see the complete
        // write.
        _writing = copy;
        Actor actor = RequireCurrent(StepPoint.Writing);
        ThrowIfDead(actor);
        Note(actor, StepPoint.Writing, null, copy.Position, copy.Length);
        actor.Process?.Step(actor);
        _writing = null;
        ThrowIfDead(actor);
    }

    private void OnDelay(TimeSpan delay)
    {
        Probe("slow flush");
        Block(null, "a slow flush", NowMs + (long)delay.TotalMilliseconds);
    }

    private void Note(Actor actor, int point, string? detail, long position, long length)
    {
        actor.Place = StepPoint.Name(point);
        _moves++;
        Points[point]++;
        EventHash = SimRandom.Mix(EventHash ^ ((ulong)(uint)point | ((ulong)actor.Id << 16) | ((ulong)position << 32))) + (ulong)length;
        Time.Advance(TimeSpan.FromMicroseconds(_clock.Next(20)));
        _trace.Add(new TraceEntry(Steps, NowMs, actor, point, detail, position, length));
        if (++Steps > _maxSteps)
        {
            Fail(new SimulationFailure($"The run has not ended after {Steps} steps: {Places()}"));
        }
    }

    private void CheckInvariants()
    {
        _isMonitoring = true;
        try
        {
            Monitor!();
        }
        finally
        {
            _isMonitoring = false;
        }
    }

    private void ThrowIfDead(Actor actor)
    {
        if (_isOver || actor.Process is { IsDead: true })
        {
            throw new ProcessDeadException();
        }
    }

    private void Live(Actor actor, Action body)
    {
        actor.Token.Wait();
        s_current = actor;
        try
        {
            ThrowIfDead(actor);
            body();
        }
        catch (ProcessDeadException) when (_isOver || actor.Process is { IsDead: true })
        {
            // Unwound.
        }
#pragma warning disable CA1031 // Any exception of an actor is the result of the run.
        catch (Exception exception)
        {
            Fail(exception);
        }
#pragma warning restore CA1031

        actor.State = ActorState.Ended;
        actor.Copy = null;
        _actors.Remove(actor);
        _moves++;
        if (actor.Process is not null)
        {
            actor.Process.LiveActors--;
        }

        Actor? next = NextOrNull();
        s_current = null;
        _holder = next;
        if (next is null)
        {
            _done.Release();
        }
        else
        {
            next.Token.Signal();
        }
    }

    /// <summary>Passes the token on and blocks until the caller gets it back.</summary>
    private void PassOn(Actor actor)
    {
        Actor next = NextOrNull()!;
        if (next != actor)
        {
            _holder = next;
            next.Token.Signal();
            actor.Token.Wait();
        }

        actor.State = ActorState.Ready;
        actor.Condition = null;
        ThrowIfDead(actor);
    }

    /// <summary>
    /// Returns the next actor; advances the time while no actor can run. Null if all
    /// actors have ended.
    /// </summary>
    private Actor? NextOrNull()
    {
        while (_actors.Count > 0)
        {
            _ready.Clear();
            foreach (Actor actor in _actors)
            {
                if (CanMove(actor))
                {
                    _ready.Add(actor);
                }
            }

            if (_ready.Count > 0)
            {
                return _schedule.Choose(_ready);
            }

            long deadlineMs = _actors.Min(static actor => actor.State == ActorState.Blocked ? actor.DeadlineMs : long.MaxValue);
            TimeSpan next = deadlineMs == long.MaxValue ? TimeSpan.MaxValue : TimeSpan.FromMilliseconds(deadlineMs);
            next = Time.NextTimer is { } timer && timer < next ? timer : next;
            if (next == TimeSpan.MaxValue)
            {
                Fail(new SimulationFailure($"Deadlock: all actors wait: {Places()}"));
            }
            else
            {
                Time.Advance(next > Time.Now ? next - Time.Now : TimeSpan.Zero);
                _moves++;
            }
        }

        return null;
    }

    private bool CanMove(Actor actor) => actor.State switch
    {
        _ when _isOver || actor.Process is { IsDead: true } => true,
        ActorState.Ready => true,
        ActorState.Spinning => actor.Stamp != _moves,
        _ => actor.DeadlineMs <= NowMs || (actor.Condition is not null && actor.Condition()),
    };

    private string Places() => string.Join(", ", _actors.Select(static actor => string.Create(CultureInfo.InvariantCulture, $"{actor.Name} at {actor.Place}")));
}
