namespace Zurau.Simulation;

/// <summary>Draws plans of the scenario 'compaction'.</summary>
internal static class CompactionPlanner
{
    private const double FaultShare = 0.3;
    private const double ThrowingShare = 0.1; // The share of plans whose duties throw from the beginning. Other plans rarely throw in a swap.
    private const long KeepsTombstones = 1_000_000_000; // Longer than any run, including the jumps of its clock.
    private static readonly int[] s_segmentBytes = [300, 600, 1500];
    private static readonly int[] s_checkpointMs = [5, 50, 500];

    internal static CrashPlan Draw(ulong seed)
    {
        var random = new SimRandom(SimRandom.Mix(seed ^ 0x636C65616E));
        string[] profiles = ["Ideal", "Sequential", "Ext4Ordered", "Ext4Ordered", "Nasty", "Nasty", "Nasty"];
        int partitions = 1 + random.Next(2);
        double transactionShare = random.NextBool(0.5) ? random.NextDouble() * 0.6 : 0;
        bool alters = random.NextBool(0.2);
        bool deletes = random.NextBool(0.3);
        var faults = new FaultRates(random, FaultShare);
        bool throws = random.NextBool(ThrowingShare);
        return new CrashPlan
        {
            Seed = seed,
            Profile = profiles[random.Next(profiles.Length)],
            Partitions = partitions,
            DeleteRetentionMs = random.NextBool(0.6) ? KeepsTombstones : 0,
            Runs = [.. Enumerable.Range(0, 1 + random.Next(4)).Select(_ => DrawRun(random, partitions, transactionShare, alters, deletes, faults, throws))],
        };
    }

    internal static CrashPlan DrawForSweep(ulong seed)
    {
        var random = new SimRandom(SimRandom.Mix(seed ^ 0x636C6573));
        CrashOp[] work = [.. Enumerable.Range(0, 6).Select(i => Work(random, 1, i % 3 == 1 ? 1 : 0))];
        return new CrashPlan
        {
            Seed = seed,
            Profile = nameof(DiskProfile.Nasty),
            DeleteRetentionMs = KeepsTombstones,
            Runs = [new ProcessRunPlan { SegmentBytes = 300, IndexIntervalBytes = 1, CheckpointMs = 50, Actors = [new ActorPlan("writer-0", [.. work, Op(CrashOpKind.Commit), new CrashOp { Kind = CrashOpKind.Sleep, Ms = 30 }, Work(random, 1, 0), Work(random, 1, 0), new CrashOp { Kind = CrashOpKind.Sleep, Ms = 30 }])] }],
        };
    }

    private static ProcessRunPlan DrawRun(SimRandom random, int partitions, double transactionShare, bool alters, bool deletes, FaultRates faults, bool throws)
    {
        var actors = new List<ActorPlan>();
        for (int i = 1 + random.Next(3); i > 0; i--)
        {
            actors.Add(new ActorPlan($"writer-{i}", [.. Enumerable.Range(0, 3 + random.Next(12)).Select(_ => DrawWork(random, partitions, transactionShare))]));
        }

        if (random.NextBool(0.5))
        {
            actors.Add(new ActorPlan("reader", [.. Enumerable.Range(0, 1 + random.Next(8)).Select(_ => random.NextBool(0.7)
                ? new CrashOp { Kind = CrashOpKind.ReadCommitted, Partition = random.Next(partitions), Bytes = 1 + random.Next(500) }
                : new CrashOp { Kind = CrashOpKind.Sleep, Ms = random.Next(20) })]));
        }

        actors.Add(new ActorPlan("operator", [.. Enumerable.Range(0, 1 + random.Next(4)).Select(_ => DrawOperation(random, partitions, alters, deletes))]));
        actors.AddRange(faults.DrawActor(random));
        if (throws)
        {
            actors.Add(new ActorPlan("thrower", [new CrashOp { Kind = CrashOpKind.ThrowInDuties, Share = 0.1 + (0.2 * random.NextDouble()) }, new CrashOp { Kind = CrashOpKind.Sleep, Ms = random.Next(20, 100) }, Op(CrashOpKind.Heal)]));
        }

        long expected = 500 + (90L * actors.Sum(static actor => actor.Ops.Count));
        return new ProcessRunPlan
        {
            SegmentBytes = s_segmentBytes[random.Next(s_segmentBytes.Length)],
            IndexIntervalBytes = random.NextBool() ? 1 : 500,
            CheckpointMs = s_checkpointMs[random.Next(s_checkpointMs.Length)],
            MaxOpenSegments = random.NextBool(0.2) ? 1 + random.Next(4) : 8192,
            RecoversTwice = random.NextBool(0.1),
            StartFaults = faults.DrawStart(random),
            Actors = actors,
            Crash = random.NextBool(0.15) ? CrashKind.None : random.NextBool(0.5) ? CrashKind.Kill : CrashKind.PowerLoss,
            CrashStep = 1 + random.Next(0, random.NextBool(0.2) ? 300 : expected),
        };
    }

    private static CrashOp DrawWork(SimRandom random, int partitions, double transactionShare) => random.Next(5) switch
    {
        0 => new CrashOp { Kind = CrashOpKind.Sleep, Ms = random.Next(25) },
        1 when transactionShare > 0 => Op(random.NextBool(0.6) ? CrashOpKind.Commit : CrashOpKind.Abort),
        _ => Work(random, partitions, transactionShare),
    };

    private static CrashOp DrawOperation(SimRandom random, int partitions, bool alters, bool deletes) => random.Next(4) switch
    {
        0 when alters => new CrashOp { Kind = CrashOpKind.AlterPolicy, Share = random.NextDouble() },
        1 when deletes => new CrashOp { Kind = CrashOpKind.DeleteRecords, Partition = random.Next(partitions), Share = random.NextDouble() },
        2 when random.NextBool(0.1) => new CrashOp { Kind = CrashOpKind.ClockStep, Ms = random.Next(-3_600_000, 20_000_000) },
        2 => new CrashOp { Kind = CrashOpKind.Writeback, Count = 1 + random.Next(20) },
        _ => new CrashOp { Kind = CrashOpKind.Sleep, Ms = random.Next(25) },
    };

    private static CrashOp Work(SimRandom random, int partitions, double transactionShare) => new()
    {
        Kind = random.NextBool(transactionShare) ? CrashOpKind.Produce : CrashOpKind.Append,
        Partition = random.Next(partitions),
        Count = 1 + random.Next(3),
        Bytes = random.Next(40),
        Share = random.NextDouble(),
    };

    private static CrashOp Op(CrashOpKind kind) => new() { Kind = kind };
}
