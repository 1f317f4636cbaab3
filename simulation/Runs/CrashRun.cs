using Zurau.Engine;
using Zurau.Engine.Storage;

namespace Zurau.Simulation;

/// <summary>
/// Runs one plan: a scenario over several process runs, each crashed or closed as
/// planned.
/// </summary>
internal sealed class CrashRun : IDisposable
{
    internal const string Topic = "simulated";
    private const string CleanMarker = ".kafka_cleanshutdown";
    private const int MostStarts = 8;
    private const ulong SeedStep = 0x9E3779B97F4A7C15;
    private readonly RunContext _context;
    private ulong _opened;

    internal CrashRun(CrashPlan plan, IScenarioRun scenario, RunContext context)
    {
        Plan = plan;
        Scenario = scenario;
        _context = context;
        World = new World(plan.Seed, DiskProfile.All.Single(profile => profile.Name == plan.Profile), context.Threads, context.TimelineLength, context.Mutant)
        {
            IsExpected = exception => exception is InjectedException || (exception is StorageException && HadFaults),
        };
    }

    internal World World { get; }

    internal CrashPlan Plan { get; }

    internal IScenarioRun Scenario { get; }

    /// <summary>
    /// True while the disk has faults. Opening and closing may then fail.
    /// </summary>
    internal bool HasFaults { get; set; }

    /// <summary>
    /// True if the disk has had a fault during this process run. A clean shutdown is then
    /// not guaranteed.
    /// </summary>
    internal bool HadFaults { get; set; }

    internal RunReport Run()
    {
        var steps = new List<long>();
        int crashes = 0;
        World.Run(() =>
        {
            if (Plan.LargeSegmentBytes > 0)
            {
                CreateLargeSegment();
            }

            for (int i = 0; i < Plan.Runs.Count; i++)
            {
                steps.Add(RunProcess(i, Plan.Runs[i], out bool crashed));
                crashes += crashed ? 1 : 0;
            }

            Heal();
            steps.Add(RunProcess(Plan.Runs.Count, new ProcessRunPlan(), out _));
        });
        return new RunReport
        {
            Seed = Plan.Seed,
            Violation = World.Failure is { } failure ? Describe(failure) : null,
            Timeline = World.Failure is null ? [] : World.Timeline(),
            Steps = World.Steps,
            Hash = World.EventHash,
            SimulatedMs = World.NowMs,
            Crashes = crashes,
            RunSteps = steps,
            Points = World.Points,
            Probes = World.Probes,
        };
    }

    public void Dispose() => World.Dispose();

    internal void Heal()
    {
        World.Disk.Faults.Heal();
        World.Faults.DutyThrowRate = 0;
        HasFaults = false;
    }

    /// <summary>
    /// Executes one process run. If disk faults prevent it from opening the data
    /// directory, retries until the faults have ended.
    /// </summary>
    private long RunProcess(int number, ProcessRunPlan plan, out bool crashed)
    {
        long steps = 0;
        if (plan.RecoversTwice && !HasFaults)
        {
            RecoverTwice(plan);
        }

        bool isLast = number == Plan.Runs.Count;
        for (int start = 0; ; start++)
        {
            HadFaults = HasFaults;
            bool isFirst = start == 0;
            var process = new SimProcess(World, $"process run {number}", isFirst ? plan.Crash : CrashKind.None, plan.CrashesWhenOpen ? long.MaxValue : plan.CrashStep);
            var run = new ProcessRun(this, process, number, plan, BrokerSettings(process, plan));
            process.Run(run.Run);
            steps += process.Steps;
            crashed = process.IsDead;
            bool isClean = !crashed && run.IsClosed && World.Disk.ReadFile(CleanMarker) is not null;
            if (!isClean && !crashed && !HadFaults && !Scenario.IsDamaged)
            {
                throw new SimulationFailure($"process run {number} ended with a clean shutdown and without a fault, but wrote no clean shutdown marker");
            }

            if (crashed && !run.MayHaveMarker && World.Disk.ReadFile(CleanMarker) is not null && process.CrashKind == CrashKind.Kill)
            {
                throw new SimulationFailure($"process run {number} was killed at {process.CrashPlace}, but its clean shutdown marker exists");
            }

            Scenario.EndProcessRun(crashed ? process.CrashKind : isClean ? CrashKind.None : CrashKind.Kill);
            World.Monitor = null;
            if (crashed && !run.HasOpened)
            {
                World.Probe($"{process.CrashKind} during recovery");
            }

            if (isClean && !Scenario.IsDamaged && Plan.LargeSegmentBytes == 0 && _context.CheckDirectory?.Invoke(World.Disk, HadFaults) is { } finding)
            {
                throw new SimulationFailure($"the structural check after process run {number} failed: {finding}");
            }

            if (crashed || run.HasOpened || start == MostStarts)
            {
                break;
            }

            if (!HadFaults)
            {
                throw new SimulationFailure($"process run {number} could not open the data directory: {run.OpenFailure}");
            }

            World.Probe("opening fails with disk faults");
            if (isLast || start > 1)
            {
                Heal();
            }
        }

        return steps;
    }

    private void CreateLargeSegment()
    {
        var process = new SimProcess(World, "preparation", CrashKind.None, 0);
        process.Run(() =>
        {
            var broker = Broker.Open(BrokerSettings(process, new ProcessRunPlan()));
            if (Scenario.CreateTopics(broker) is { IsSuccess: false } failed)
            {
                throw new SimulationFailure($"the topic could not be created: {failed.Message}");
            }

            ValueTask closing = broker.DisposeAsync();
            World.Block(() => closing.IsCompleted, "closing");
            closing.GetAwaiter().GetResult();
            LargeSegment.Create(World.Disk, process.Storage, Plan.LargeSegmentBytes);
        });
    }

    /// <summary>Checks that a second recovery changes no byte of a log.</summary>
    private void RecoverTwice(ProcessRunPlan plan)
    {
        Dictionary<string, byte[]>? first = null;
        for (int i = 0; i < 2; i++)
        {
            var process = new SimProcess(World, $"recovery {i}", CrashKind.None, 0);
            process.Run(() =>
            {
                var broker = Broker.Open(BrokerSettings(process, plan));
                Scenario.Settle(World, broker);
                process.Crash(CrashKind.Kill, "a recovered log");
            });
            Scenario.EndProcessRun(CrashKind.Kill);
            var logs = World.Disk.Snapshot().Files.Where(static file => file.Key.EndsWith(".log", StringComparison.Ordinal)).ToDictionary(static file => file.Key, static file => file.Value.AsSpan().TrimEnd((byte)0).ToArray());
            string? changed = first?.Keys.Union(logs.Keys).FirstOrDefault(path => !first.TryGetValue(path, out byte[]? before) || !logs.TryGetValue(path, out byte[]? after) || !before.AsSpan().SequenceEqual(after));
            if (changed is not null)
            {
                throw new SimulationFailure($"recovering a second time changed '{changed}'");
            }

            first = logs;
        }

        World.Probe("recovered twice");
    }

    private BrokerSettings BrokerSettings(SimProcess process, ProcessRunPlan plan) => Scenario.Configure(new BrokerSettings
    {
        Storage = process.Storage,
        TimeProvider = World.Time,
        DutyPump = process.DutyPump,
        Hooks = process.Hooks,
        RandomSeed = (int)((Plan.Seed + (_opened++ * SeedStep)) & int.MaxValue), // Topic ids must not repeat.
        LogSegmentBytes = plan.SegmentBytes,
        LogIndexIntervalBytes = plan.IndexIntervalBytes,
        LogFlushOffsetCheckpointIntervalMs = plan.CheckpointMs,
        MaxOpenSegments = plan.MaxOpenSegments,
    });

    private static string Describe(Exception failure) => failure is SimulationFailure ? failure.Message : failure.ToString();
}
