namespace Zurau.Simulation;

/// <summary>
/// Draws plans of the scenario 'log' whose log starts with a segment that ends shortly
/// before 2^31 bytes.
/// </summary>
internal static class LargeSegmentPlanner
{
    private const int Every = 50; // Each startup after a crash reads 2 GiB.
    private const int MostLeft = 700_000;

    /// <summary>Returns true if the plan of a seed is one of these.</summary>
    internal static bool Handles(ulong seed) => SimRandom.Mix(seed ^ 0x6C61726765) % Every == 0;

    internal static CrashPlan Draw(ulong seed)
    {
        var random = new SimRandom(SimRandom.Mix(seed ^ 0x6C61726765));
        int left = random.Next(4) switch { 0 => random.Next(200), 1 => random.Next(3000), _ => random.Next(MostLeft) };
        var faults = new FaultRates(random, 0.3);
        int largest = Math.Clamp(left / 8, 20, 50_000);
        return new CrashPlan
        {
            Seed = seed,
            Profile = DiskProfile.All.Where(static profile => profile.LostFlushRate == 0).ElementAt(random.Next(DiskProfile.All.Count(static profile => profile.LostFlushRate == 0))).Name,
            LargeSegmentBytes = int.MaxValue - left,
            Runs = [.. Enumerable.Range(0, 1 + random.Next(2)).Select(_ => DrawRun(random, faults, largest))],
        };
    }

    private static ProcessRunPlan DrawRun(SimRandom random, FaultRates faults, int largest)
    {
        var actors = new List<ActorPlan>();
        for (int i = random.Next(3); i >= 0; i--)
        {
            actors.Add(new ActorPlan($"worker-{i}", [.. Enumerable.Range(0, 4 + random.Next(10)).Select(_ => DrawWork(random, largest))]));
        }

        actors.Add(new ActorPlan("reader", [.. Enumerable.Range(0, random.Next(8)).Select(_ => new CrashOp { Kind = random.NextBool() ? CrashOpKind.Read : CrashOpKind.Seek, Bytes = 1 + random.Next(100_000), Ms = random.Next(0, 50), Share = random.NextDouble() })]));
        actors.Add(new ActorPlan("kernel", [.. Enumerable.Range(0, random.Next(4)).Select(_ => new CrashOp { Kind = CrashOpKind.Writeback, Count = 1 + random.Next(20) })]));
        actors.AddRange(faults.DrawActor(random));
        return new ProcessRunPlan
        {
            SegmentBytes = random.NextBool(0.8) ? int.MaxValue : int.MaxValue - random.Next(1 << 20),
            IndexIntervalBytes = random.NextBool() ? 1 : 1 + random.Next(100_000),
            CheckpointMs = random.NextBool() ? 20 : 60_000,
            MaxOpenSegments = random.NextBool(0.3) ? 1 + random.Next(2) : 8192,
            StartFaults = faults.DrawStart(random),
            Actors = actors,
            Crash = random.NextBool(0.2) ? CrashKind.None : random.NextBool(0.4) ? CrashKind.Kill : CrashKind.PowerLoss,
            CrashStep = 60 + random.Next(0, random.NextBool(0.2) ? 15_000 : 1500),
        };
    }

    private static CrashOp DrawWork(SimRandom random, int largest) => random.Next(10) switch
    {
        0 => new CrashOp { Kind = CrashOpKind.Sleep, Ms = random.Next(0, 50) },
        1 => new CrashOp { Kind = CrashOpKind.Lookup, Share = random.NextDouble() },
        2 when random.NextBool(0.3) => new CrashOp { Kind = CrashOpKind.DeleteRecords, Share = random.NextDouble() },
        _ => new CrashOp { Kind = CrashOpKind.Append, Acks = random.NextBool() ? -1 : 1, Count = 1 + random.Next(3), Bytes = random.Next(largest), Ms = random.Next(-5, 5) },
    };
}
