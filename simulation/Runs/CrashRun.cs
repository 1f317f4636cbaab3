using Zurau.Engine;
using Zurau.Engine.Storage;

namespace Zurau.Simulation;

/// <summary>Runs one plan: a scenario over several process runs, each crashed or closed as planned.</summary>
internal sealed class CrashRun : IDisposable
{
    internal const string Topic = "simulated";
    private const string CleanMarker = ".kafka_cleanshutdown";
    private const int MostStarts = 8;
    private const ulong SeedStep = 0x9E3779B97F4A7C15;
    private readonly RunContext _context;
    private ulong _opened;

    internal CrashRun(CrashPlan plan, IStory story, RunContext context)
    {
        Plan = plan;
        Story = story;
        _context = context;
        World = new World(plan.Seed, DiskProfile.All.Single(profile => profile.Name == plan.Profile), context.Threads, context.TimelineLength, context.Mutant)
        {
            IsExpected = exception => exception is InjectedException || (exception is StorageException && HadFaults),
        };
    }

    internal World World { get; }

    internal CrashPlan Plan { get; }

    internal IStory Story { get; }

    /// <summary>True while the disk has faults: opening and closing may fail.</summary>
    internal bool HasFaults { get; set; }

    /// <summary>True if the disk has had a fault during this process run: a clean shutdown is then not guaranteed.</summary>
    internal bool HadFaults { get; set; }

    internal RunReport Run()
    {
        var steps = new List<long>();
        int crashes = 0;
        World.Run(() =>
        {
            if (Plan.LargeSegmentBytes > 0)
            {
                LayLargeSegment();
            }

            for (int i = 0; i < Plan.Lives.Count; i++)
            {
                steps.Add(RunLife(i, Plan.Lives[i], out bool crashed));
                crashes += crashed ? 1 : 0;
            }

            Heal();
            steps.Add(RunLife(Plan.Lives.Count, new LifePlan(), out _));
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
            LifeSteps = steps,
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
    /// Executes one process run. If the data directory cannot be opened because of disk faults, tries again until the faults have ended.
    /// </summary>
    private long RunLife(int number, LifePlan plan, out bool crashed)
    {
        long steps = 0;
        if (plan.RecoversTwice && !HasFaults)
        {
            RecoverTwice(plan);
        }

        bool isLast = number == Plan.Lives.Count;
        for (int start = 0; ; start++)
        {
            HadFaults = HasFaults;
            bool isFirst = start == 0;
            var process = new SimProcess(World, $"process run {number}", isFirst ? plan.Crash : CrashKind.None, plan.CrashesWhenOpen ? long.MaxValue : plan.CrashStep);
            var life = new Life(this, process, number, plan, BrokerSettings(process, plan));
            process.Run(life.Run);
            steps += process.Steps;
            crashed = process.IsDead;
            bool isClean = !crashed && life.IsClosed && World.Disk.ReadFile(CleanMarker) is not null;
            if (!isClean && !crashed && !HadFaults && !Story.IsDamaged)
            {
                throw new SimulationFailure($"process run {number} ended with a clean shutdown and without a fault, but wrote no clean shutdown marker");
            }

            if (crashed && !life.MayHaveMarker && World.Disk.ReadFile(CleanMarker) is not null && process.CrashKind == CrashKind.Kill)
            {
                throw new SimulationFailure($"process run {number} was killed at {process.CrashPlace}, but its clean shutdown marker exists");
            }

            Story.EndLife(crashed ? process.CrashKind : isClean ? CrashKind.None : CrashKind.Kill);
            World.Monitor = null;
            if (crashed && !life.HasOpened)
            {
                World.Probe($"{process.CrashKind} during recovery");
            }

            if (isClean && !Story.IsDamaged && Plan.LargeSegmentBytes == 0 && _context.CheckDirectory?.Invoke(World.Disk, HadFaults) is { } finding)
            {
                throw new SimulationFailure($"the structural check after process run {number} failed: {finding}");
            }

            if (crashed || life.HasOpened || start == MostStarts)
            {
                break;
            }

            if (!HadFaults)
            {
                throw new SimulationFailure($"process run {number} could not open the data directory: {life.OpenFailure}");
            }

            World.Probe("open fails on a bad disk");
            if (isLast || start > 1)
            {
                Heal();
            }
        }

        return steps;
    }

    private void LayLargeSegment()
    {
        var process = new SimProcess(World, "preparation", CrashKind.None, 0);
        process.Run(() =>
        {
            var broker = Broker.Open(BrokerSettings(process, new LifePlan()));
            if (Story.CreateTopics(broker) is { IsSuccess: false } failed)
            {
                throw new SimulationFailure($"the topic could not be created: {failed.Message}");
            }

            ValueTask closing = broker.DisposeAsync();
            World.Block(() => closing.IsCompleted, "closing");
            closing.GetAwaiter().GetResult();
            LargeSegment.Lay(World.Disk, process.Storage, Plan.LargeSegmentBytes);
        });
    }

    /// <summary>Checks that a second recovery changes no byte of a log.</summary>
    private void RecoverTwice(LifePlan plan)
    {
        Dictionary<string, byte[]>? first = null;
        for (int i = 0; i < 2; i++)
        {
            var process = new SimProcess(World, $"recovery {i}", CrashKind.None, 0);
            process.Run(() =>
            {
                var broker = Broker.Open(BrokerSettings(process, plan));
                Story.Settle(World, broker);
                process.Crash(CrashKind.Kill, "a recovered log");
            });
            Story.EndLife(CrashKind.Kill);
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

    private BrokerSettings BrokerSettings(SimProcess process, LifePlan plan) => Story.Configure(new BrokerSettings
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
