namespace Zurau.Simulation;

/// <summary>
/// Small plans with every operation of a log, for sweeps that crash at every step.
/// </summary>
internal static class LogSweeps
{
    /// <summary>Returns the plan in which a mutant takes effect.</summary>
    internal static CrashPlan For(Mutant mutant, ulong seed) => mutant.Name switch
    {
        "trust-page-cache" => FailedFlush(seed, CrashKind.Kill),
        "retry-failed-fsync" => FailedFlush(seed, CrashKind.PowerLoss),
        _ => Draw(seed) with { Profile = nameof(DiskProfile.Nasty) },
    };

    /// <summary>
    /// A flush fails and loses pages. The next process run makes its own records durable,
    /// and thereby all records below.
    /// </summary>
    private static CrashPlan FailedFlush(ulong seed, CrashKind crash)
    {
        CrashOp[] appends = [.. Enumerable.Range(0, 8).Select(static i => new CrashOp { Kind = CrashOpKind.Append, Acks = i % 2 == 0 ? 1 : -1, Count = 1, Bytes = 3000 })];
        CrashOp fail = new() { Kind = CrashOpKind.FailFlush, Count = 1 };
        return new CrashPlan
        {
            Seed = seed,
            Profile = nameof(DiskProfile.Nasty),
            Runs =
            [
                new ProcessRunPlan { SegmentBytes = 100_000, Actors = [new ActorPlan("worker", [.. appends[..3], fail, .. appends[3..]])], Crash = crash, CrashStep = 120 },
                new ProcessRunPlan { SegmentBytes = 100_000, Actors = [new ActorPlan("worker", appends)], Crash = CrashKind.PowerLoss, CrashStep = 60 + (long)(seed * 37 % 440) },
            ],
        };
    }

    internal static CrashPlan Draw(ulong seed)
    {
        var random = new SimRandom(SimRandom.Mix(seed ^ 0x7377656570));
        var actors = new List<ActorPlan>();
        for (int worker = 0; worker < 2; worker++)
        {
            actors.Add(new ActorPlan($"worker-{worker}", [.. Enumerable.Range(0, 5).Select(i => new CrashOp
            {
                Kind = CrashOpKind.Append,
                Partition = random.Next(2),
                Acks = random.NextBool() ? -1 : 1,
                Count = 1 + random.Next(3),
                Bytes = random.Next(200),
                Ms = i,
            })]));
        }

        actors.Add(new ActorPlan("reader", [new CrashOp { Kind = CrashOpKind.Read, Bytes = 2000, Ms = 20 }, new CrashOp { Kind = CrashOpKind.Read, Bytes = 2000, Ms = 20 }]));
        actors.Add(new ActorPlan("kernel", [new CrashOp { Kind = CrashOpKind.Sleep, Ms = 1 }, new CrashOp { Kind = CrashOpKind.Writeback, Count = 3 }, new CrashOp { Kind = CrashOpKind.DeleteRecords, Share = 0.5 }]));
        return new CrashPlan
        {
            Seed = seed,
            Profile = random.NextBool(0.7) ? nameof(DiskProfile.Nasty) : nameof(DiskProfile.Ext4Ordered),
            Partitions = 2,
            Runs = [new ProcessRunPlan { SegmentBytes = 900, IndexIntervalBytes = 1, CheckpointMs = 5, Actors = actors }],
        };
    }
}
