namespace Zurau.Simulation;

/// <summary>Plans that consist mainly of one kind of fault, because random plans produce it too rarely.</summary>
internal static class LogNarrowPlans
{
    private const int OnePageBytes = 4018; // The value size at which a batch of one record has 4096 bytes.

    /// <summary>
    /// Draws batches of one page that are never flushed, with a power loss after every few of them: a new batch has the same position as a
    /// lost one, and bytes that a truncation removed may reappear after it.
    /// </summary>
    internal static CrashPlan Truncations(ulong seed, SimRandom random)
    {
        LifePlan DrawLife() => new()
        {
            SegmentBytes = 200_000,
            Actors = [new ActorPlan("worker-0", [.. Enumerable.Repeat(Append(1, OnePageBytes), 2 + random.Next(6))])],
            Crash = CrashKind.PowerLoss,
            CrashStep = 1 + random.Next(150),
            CrashesWhenOpen = true,
        };
        return Plan(seed, [.. Enumerable.Range(0, 3 + random.Next(6)).Select(_ => DrawLife())]);
    }

    /// <summary>
    /// Draws segments of one batch of which several are deleted at once, with a power loss that usually happens during the deletion.
    /// </summary>
    internal static CrashPlan Removals(ulong seed, SimRandom random)
    {
        LifePlan DrawLife()
        {
            IEnumerable<CrashOp> Round() =>
            [
                .. Enumerable.Repeat(Append(-1, 400), 3 + random.Next(6)),
                new CrashOp { Kind = CrashOpKind.DeleteRecords, Share = 0.5 + (0.5 * random.NextDouble()) },
                new CrashOp { Kind = CrashOpKind.Sleep, Ms = 30 },
            ];
            return new LifePlan
            {
                SegmentBytes = 600,
                Actors = [new ActorPlan("worker-0", [.. Enumerable.Range(0, 1 + random.Next(3)).SelectMany(_ => Round())])],
                Crash = CrashKind.PowerLoss,
                CrashStep = 100 + random.Next(1000),
            };
        }

        return Plan(seed, [.. Enumerable.Range(0, 1 + random.Next(3)).Select(_ => DrawLife())]) with { RetentionCheckMs = 20 };
    }

    private static CrashPlan Plan(ulong seed, IReadOnlyList<LifePlan> lives) => new() { Seed = seed, Profile = nameof(DiskProfile.Nasty), Lives = lives };

    private static CrashOp Append(int acks, int bytes) => new() { Kind = CrashOpKind.Append, Acks = acks, Count = 1, Bytes = bytes };
}
