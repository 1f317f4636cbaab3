namespace Zurau.Simulation;

/// <summary>
/// Draws plans of the scenario 'log'. Every rate is drawn too (swarm testing): some runs
/// have no faults of a kind, others mainly these.
/// </summary>
internal static class LogPlanner
{
    private static readonly int[] s_segmentBytes = [600, 1500, 4096, 16_384, 200_000];
    private static readonly int[] s_checkpointMs = [5, 50, 500, 60_000];

    internal static CrashPlan Draw(ulong seed)
    {
        if (LargeSegmentPlanner.Handles(seed))
        {
            return LargeSegmentPlanner.Draw(seed);
        }

        var random = new SimRandom(SimRandom.Mix(seed ^ 0x6C6F67));
        int narrow = random.Next(16);
        if (narrow < 2)
        {
            return narrow == 0 ? LogNarrowPlans.Truncations(seed, random) : LogNarrowPlans.Removals(seed, random);
        }

        string[] profiles = ["Ideal", "Sequential", "Ext4Ordered", "Ext4Ordered", "Nasty", "Nasty", "Nasty", "Nasty"];
        int partitions = 1 + random.Next(3);
        int runs = 1 + random.Next(4);
        double crashRate = random.Next(4) == 0 ? 0.5 : 0.9;
        double troubleRate = random.NextBool(0.5) ? 0 : 0.2 + (0.8 * random.NextDouble());
        var rates = new LogRates(random);
        var faults = new FaultRates(random, troubleRate > 0 ? 0.5 : 0);
        return new CrashPlan
        {
            Seed = seed,
            Profile = profiles[random.Next(profiles.Length)],
            Partitions = partitions,
            FlushMessages = random.Next(8) == 0 ? 1 + random.Next(20) : 0,
            RetentionCheckMs = random.NextBool(0.3) ? 20 : 0,
            Runs = [.. Enumerable.Range(0, runs).Select(_ => DrawRun(random, rates, faults, partitions, crashRate, troubleRate))],
        };
    }

    private static ProcessRunPlan DrawRun(SimRandom random, LogRates rates, FaultRates faults, int partitions, double crashRate, double troubleRate)
    {
        int workers = 1 + random.Next(4);
        int ops = 2 + random.Next(12);
        var actors = new List<ActorPlan>();
        for (int i = 0; i < workers; i++)
        {
            actors.Add(new ActorPlan($"worker-{i}", [.. Enumerable.Range(0, 1 + random.Next(ops)).Select(_ => rates.DrawWork(random, partitions))]));
        }

        if (random.NextBool(0.6))
        {
            actors.Add(new ActorPlan("reader", [.. Enumerable.Range(0, 1 + random.Next(ops)).Select(_ => rates.DrawRead(random, partitions))]));
        }

        if (random.NextBool(0.4))
        {
            actors.Add(new ActorPlan("kernel", [.. Enumerable.Range(0, 1 + random.Next(4)).Select(_ => rates.DrawKernel(random))]));
        }

        if (random.NextBool(troubleRate))
        {
            actors.Add(new ActorPlan("trouble", [.. Enumerable.Range(0, 1 + random.Next(3)).SelectMany(_ => rates.DrawTrouble(random, partitions))]));
        }

        // Half of the crashes happen at any step, some during recovery, some late.
        long expected = 300 + (40L * actors.Sum(static actor => actor.Ops.Count));
        long crashStep = 1 + random.Next(0, random.Next(4) switch { 0 => 250, 1 => expected / 4, _ => expected });
        return new ProcessRunPlan
        {
            SegmentBytes = s_segmentBytes[random.Next(s_segmentBytes.Length)],
            IndexIntervalBytes = random.NextBool() ? 1 : 1 + random.Next(2000),
            CheckpointMs = s_checkpointMs[random.Next(s_checkpointMs.Length)],
            MaxOpenSegments = random.NextBool(0.3) ? 1 + random.Next(4) : 8192,
            RecoversTwice = random.NextBool(0.1),
            StartFaults = faults.DrawStart(random),
            Actors = actors,
            Crash = !random.NextBool(crashRate) ? CrashKind.None : random.NextBool(0.4) ? CrashKind.Kill : CrashKind.PowerLoss,
            CrashStep = crashStep,
        };
    }
}
