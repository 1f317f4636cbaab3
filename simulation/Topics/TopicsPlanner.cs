namespace Zurau.Simulation;

/// <summary>
/// Draws plans of the scenario 'topics': random ones, and small ones for sweeps that
/// crash at every step.
/// </summary>
internal static class TopicsPlanner
{
    /// <summary>The maximum number of partitions of a topic.</summary>
    internal const int MostPartitions = 2;

    private const int Topics = 2;
    private const double FaultShare = 0.3;
    private static readonly int[] s_segmentBytes = [600, 1500, 4096, 200_000, int.MaxValue];
    private static readonly int[] s_checkpointMs = [20, 50, 500, 60_000];

    internal static CrashPlan Draw(ulong seed)
    {
        var random = new SimRandom(SimRandom.Mix(seed ^ 0x746F70696373));
        string[] profiles = ["Ideal", "Sequential", "Ext4Ordered", "Ext4Ordered", "Nasty", "Nasty", "Nasty", "Nasty"];
        int runs = 1 + random.Next(4);
        var rates = new TopicsRates(random);
        var faults = new FaultRates(random, FaultShare);
        return new CrashPlan
        {
            Seed = seed,
            Profile = profiles[random.Next(profiles.Length)],
            Partitions = Topics * MostPartitions,
            Runs = [.. Enumerable.Range(0, runs).Select(i => DrawRun(random, rates, faults, isFirst: i == 0))],
        };
    }

    /// <summary>
    /// Draws a topic that is created, filled, consumed, deleted and created again.
    /// </summary>
    internal static CrashPlan DrawForSweep(ulong seed)
    {
        var random = new SimRandom(SimRandom.Mix(seed ^ 0x746F7073));
        CrashOp append = new() { Kind = CrashOpKind.Append, Acks = -1, Count = 2, Bytes = 100, Share = 0.9 };
        CrashOp nap = new() { Kind = CrashOpKind.Sleep, Ms = 3 };
        CrashOp read = new() { Kind = CrashOpKind.Read, Bytes = 2000, Ms = 3 };
        CrashOp commit = new() { Kind = CrashOpKind.CommitOffset };
        ActorPlan[] actors =
        [
            new ActorPlan("operator-0", [Topic(CrashOpKind.CreateTopic, random), nap, nap, Topic(CrashOpKind.AlterTopic, random), Topic(CrashOpKind.RecreateTopic, random), nap, Topic(CrashOpKind.DeleteTopic, random)]),
            new ActorPlan("idempotent-0", [nap, append, append, nap, append, append]),
            new ActorPlan("consumer-0", [nap, read, commit, nap, read, commit]),
        ];
        return new CrashPlan
        {
            Seed = seed,
            Profile = random.NextBool(0.7) ? nameof(DiskProfile.Nasty) : nameof(DiskProfile.Ext4Ordered),
            Partitions = Topics * MostPartitions,
            Runs = [new ProcessRunPlan { SegmentBytes = 600, IndexIntervalBytes = 1, CheckpointMs = 5, Actors = actors }],
        };
    }

    private static CrashOp Topic(CrashOpKind kind, SimRandom random) => new() { Kind = kind, Share = random.NextDouble() };

    private static ProcessRunPlan DrawRun(SimRandom random, TopicsRates rates, FaultRates faults, bool isFirst)
    {
        int ops = 3 + random.Next(14);
        var actors = new List<ActorPlan>();
        for (int i = 0; i < Topics; i++)
        {
            IEnumerable<CrashOp> first = isFirst || random.NextBool() ? [new CrashOp { Kind = CrashOpKind.CreateTopic, Partition = i, Share = random.NextDouble() }] : [];
            actors.Add(new ActorPlan($"operator-{i}", [.. first, .. Enumerable.Range(0, 1 + random.Next(ops)).Select(_ => rates.DrawOperation(random, i))]));
        }

        foreach (string name in new[] { "plain-0", "plain-1", "idempotent-0", "idempotent-1" })
        {
            if (random.NextBool())
            {
                actors.Add(new ActorPlan(name, [.. Enumerable.Range(0, 1 + random.Next(ops)).Select(_ => rates.DrawWork(random))]));
            }
        }

        for (int i = random.Next(3) - 1; i >= 0; i--)
        {
            actors.Add(new ActorPlan($"consumer-{i}", [.. Enumerable.Range(0, 1 + random.Next(2 * ops)).Select(_ => rates.DrawRead(random))]));
        }

        if (random.NextBool(0.4))
        {
            actors.Add(new ActorPlan("kernel", [.. Enumerable.Range(0, 1 + random.Next(4)).Select(_ => rates.DrawKernel(random))]));
        }

        actors.AddRange(faults.DrawActor(random));
        long expected = 500 + (80L * actors.Sum(static actor => actor.Ops.Count));
        return new ProcessRunPlan
        {
            SegmentBytes = s_segmentBytes[random.Next(s_segmentBytes.Length)],
            IndexIntervalBytes = random.NextBool() ? 1 : 1 + random.Next(2000),
            CheckpointMs = s_checkpointMs[random.Next(s_checkpointMs.Length)],
            MaxOpenSegments = random.NextBool(0.2) ? 1 + random.Next(4) : 8192,
            StartFaults = faults.DrawStart(random),
            Actors = actors,
            Crash = random.NextBool(0.15) ? CrashKind.None : random.NextBool(0.5) ? CrashKind.Kill : CrashKind.PowerLoss,
            CrashStep = 1 + random.Next(0, random.Next(4) switch { 0 => 300, 1 => expected / 3, _ => expected }),
        };
    }
}
