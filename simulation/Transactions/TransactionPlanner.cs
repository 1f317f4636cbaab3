namespace Zurau.Simulation;

/// <summary>
/// Draws plans of the scenario 'transactions': random ones, and small ones with every
/// kind of request for sweeps that crash at every step.
/// </summary>
internal static class TransactionPlanner
{
    private const double FaultShare = 0.3;
    private const double EmbeddedShare = 0.3;
    private static readonly string[] s_producers = ["client", "embedded", "idempotent"];
    private static readonly int[] s_segmentBytes = [600, 1500, 4096, 200_000];
    private static readonly int[] s_checkpointMs = [50, 500, 60_000];
    private static readonly int[] s_timeoutsMs = [3000, 15_000, 60_000, 60_000];

    internal static CrashPlan Draw(ulong seed)
    {
        var random = new SimRandom(SimRandom.Mix(seed ^ 0x74786E));
        string[] profiles = ["Ideal", "Sequential", "Ext4Ordered", "Ext4Ordered", "Nasty", "Nasty", "Nasty", "Nasty"];
        int partitions = 1 + random.Next(3);
        int runs = 1 + random.Next(4);
        var rates = new TransactionRates(random, partitions);
        var faults = new FaultRates(random, FaultShare);
        var plan = new CrashPlan
        {
            Seed = seed,
            Profile = profiles[random.Next(profiles.Length)],
            Partitions = partitions,
            RetentionBytes = random.Next(6) == 0 ? 500 + random.Next(4000) : 0,
            Runs = [.. Enumerable.Range(0, runs).Select(_ => DrawRun(random, rates, faults))],
        };
        return random.NextBool(EmbeddedShare) ? plan with { Runs = [.. plan.Runs.Select(run => run with { Actors = [.. run.Actors, .. DrawEmbedded(random, rates)] })] } : plan;
    }

    /// <summary>
    /// Returns true if an actor is a producer. The others read or inject faults.
    /// </summary>
    internal static bool IsProducer(ActorPlan actor) => Array.Exists(s_producers, kind => actor.Name.StartsWith(kind, StringComparison.Ordinal));

    /// <summary>
    /// Draws two transactional ids, one of them with two clients that fence each other,
    /// both protocol versions, a reader and rolls. Each kind of request occurs once or
    /// twice. In half of the plans, one producer is in the broker's process.
    /// </summary>
    internal static CrashPlan DrawForSweep(ulong seed)
    {
        var random = new SimRandom(SimRandom.Mix(seed ^ 0x74786E7377));
        string second = random.NextBool() ? "client-1" : "embedded-1";
        ActorPlan[] actors =
        [
            new ActorPlan("client-0", [Produce(random, 0), Produce(random, 1), Op(CrashOpKind.SendOffsets), Op(CrashOpKind.Commit), Produce(random, 1), Op(CrashOpKind.EndAgain), Op(CrashOpKind.Abort)]),
            new ActorPlan(second, [Produce(random, 1), Op(CrashOpKind.SendOffsets), Op(CrashOpKind.Abort), Op(CrashOpKind.ProduceLate), Produce(random, 0), Produce(random, 1), Op(CrashOpKind.Commit)]),
            new ActorPlan("reader", [Read(random, 0), Read(random, 1), Read(random, 0), Read(random, 1)]),
        ];
        return new CrashPlan
        {
            Seed = seed,
            Profile = random.NextBool(0.7) ? nameof(DiskProfile.Nasty) : nameof(DiskProfile.Ext4Ordered),
            Partitions = 2,
            Runs = [new ProcessRunPlan { SegmentBytes = 500, IndexIntervalBytes = 1, CheckpointMs = 50, Actors = actors }],
        };
    }

    private static ProcessRunPlan DrawRun(SimRandom random, TransactionRates rates, FaultRates faults)
    {
        int ops = 3 + random.Next(14);
        var actors = new List<ActorPlan>();
        foreach (string name in new[] { "client-0", "client-1", "client-2", "client-3", "idempotent-0", "idempotent-1" })
        {
            if (random.NextBool(name[^1] < '2' ? 0.7 : 0.25))
            {
                actors.Add(new ActorPlan(name, [.. Enumerable.Range(0, 1 + random.Next(ops)).Select(_ => rates.DrawWork(random))]));
            }
        }

        for (int i = random.Next(3); i > 0; i--)
        {
            actors.Add(new ActorPlan($"reader-{i}", [.. Enumerable.Range(0, 1 + random.Next(ops)).Select(_ => rates.DrawRead(random))]));
        }

        if (random.NextBool(0.4))
        {
            actors.Add(new ActorPlan("kernel", [.. Enumerable.Range(0, 1 + random.Next(4)).Select(_ => rates.DrawKernel(random))]));
        }

        actors.AddRange(faults.DrawActor(random));
        if (actors.Count == 0)
        {
            actors.Add(new ActorPlan("client-0", [rates.DrawWork(random)]));
        }

        long expected = 400 + (70L * actors.Sum(static actor => actor.Ops.Count));
        return new ProcessRunPlan
        {
            SegmentBytes = s_segmentBytes[random.Next(s_segmentBytes.Length)],
            IndexIntervalBytes = random.NextBool() ? 1 : 1 + random.Next(2000),
            CheckpointMs = s_checkpointMs[random.Next(s_checkpointMs.Length)],
            MaxOpenSegments = random.NextBool(0.2) ? 1 + random.Next(4) : 8192,
            RecoversTwice = random.NextBool(0.1),
            StartFaults = faults.DrawStart(random),
            Actors = actors,
            Crash = random.NextBool(0.15) ? CrashKind.None : random.NextBool(0.5) ? CrashKind.Kill : CrashKind.PowerLoss,
            CrashStep = 1 + random.Next(0, random.Next(4) switch { 0 => 300, 1 => expected / 3, _ => expected }),
        };
    }

    /// <summary>Draws producers in the broker's process.</summary>
    private static IEnumerable<ActorPlan> DrawEmbedded(SimRandom random, TransactionRates rates)
    {
        foreach (string name in new[] { "embedded-0", "embedded-1" })
        {
            if (random.NextBool(0.7))
            {
                yield return new ActorPlan(name, [.. Enumerable.Range(0, 3 + random.Next(12)).Select(_ => rates.DrawWork(random))]);
            }
        }
    }

    internal static int Timeout(SimRandom random) => s_timeoutsMs[random.Next(s_timeoutsMs.Length)];

    private static CrashOp Op(CrashOpKind kind) => new() { Kind = kind, Share = 1 };

    private static CrashOp Produce(SimRandom random, int partition) => new() { Kind = CrashOpKind.Produce, Partition = partition, Count = 1 + random.Next(2), Bytes = random.Next(60), Share = random.NextDouble() };

    private static CrashOp Read(SimRandom random, int partition) => new() { Kind = CrashOpKind.ReadCommitted, Partition = partition, Bytes = 1 + random.Next(1000), Ms = random.Next(20) };
}
