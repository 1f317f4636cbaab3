namespace Zurau.Simulation;

/// <summary>
/// Draws plans with mainly one kind of fault, which random plans produce too rarely.
/// </summary>
internal static class LogNarrowPlans
{
    private const int OnePageBytes = 4018; // The value size at which a batch of one record has 4096 bytes.

    /// <summary>
    /// Draws unflushed batches of one page, with a power loss after every few of them. A
    /// new batch then has the position of a lost one, and truncated bytes may reappear
    /// after it.
    /// </summary>
    internal static CrashPlan Truncations(ulong seed, SimRandom random)
    {
        ProcessRunPlan DrawRun() => new()
        {
            SegmentBytes = 200_000,
            Actors = [new ActorPlan("worker-0", [.. Enumerable.Repeat(Append(1, OnePageBytes), 2 + random.Next(6))])],
            Crash = CrashKind.PowerLoss,
            CrashStep = 1 + random.Next(150),
            CrashesWhenOpen = true,
        };
        return Plan(seed, [.. Enumerable.Range(0, 3 + random.Next(6)).Select(_ => DrawRun())]);
    }

    /// <summary>
    /// Draws segments of one batch, of which several are deleted at once, with a power
    /// loss that usually happens during the deletion.
    /// </summary>
    internal static CrashPlan Removals(ulong seed, SimRandom random)
    {
        ProcessRunPlan DrawRun()
        {
            IEnumerable<CrashOp> Round() =>
            [
                .. Enumerable.Repeat(Append(-1, 400), 3 + random.Next(6)),
                new CrashOp { Kind = CrashOpKind.DeleteRecords, Share = 0.5 + (0.5 * random.NextDouble()) },
                new CrashOp { Kind = CrashOpKind.Sleep, Ms = 30 },
            ];
            return new ProcessRunPlan
            {
                SegmentBytes = 600,
                Actors = [new ActorPlan("worker-0", [.. Enumerable.Range(0, 1 + random.Next(3)).SelectMany(_ => Round())])],
                Crash = CrashKind.PowerLoss,
                CrashStep = 100 + random.Next(1000),
            };
        }

        return Plan(seed, [.. Enumerable.Range(0, 1 + random.Next(3)).Select(_ => DrawRun())]) with { RetentionCheckMs = 20 };
    }

    private static CrashPlan Plan(ulong seed, IReadOnlyList<ProcessRunPlan> runs) => new() { Seed = seed, Profile = nameof(DiskProfile.Nasty), Runs = runs };

    private static CrashOp Append(int acks, int bytes) => new() { Kind = CrashOpKind.Append, Acks = acks, Count = 1, Bytes = bytes };
}
