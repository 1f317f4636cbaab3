namespace Zurau.Simulation;

/// <summary>
/// The disk faults of one run: which calls fail, with which errors, and when.
/// </summary>
internal sealed class FaultRates
{
    private static readonly DiskOperation[] s_calls =
    [
        DiskOperation.Allocate, DiskOperation.Create, DiskOperation.Rename, DiskOperation.SyncDirectory, DiskOperation.Write, DiskOperation.SetLength,
        DiskOperation.Flush, DiskOperation.Open, DiskOperation.Writeback, DiskOperation.Delete, DiskOperation.Map, DiskOperation.All & ~DiskOperation.List,
    ];

    private static readonly int[] s_errors =
    [
        DiskFaults.InputOutputError, DiskFaults.InputOutputError, DiskFaults.NoSpace, DiskFaults.NoSpace, DiskFaults.ReadOnly,
        Errno.TooManyOpenFiles, Errno.TooManyOpenFiles, Errno.NoMemory, Errno.QuotaExceeded, Errno.Interrupted,
    ];

    private readonly CrashOpKind[] _kinds;
    private readonly double _share;
    private readonly double _startShare;

    /// <param name="random">The source of the rates.</param>
    /// <param name="share">The share of runs that have faults.</param>
    internal FaultRates(SimRandom random, double share)
    {
        CrashOpKind[] all = [CrashOpKind.Quota, CrashOpKind.FailFlush, CrashOpKind.FailCalls, CrashOpKind.FailCalls, CrashOpKind.SlowFlush, CrashOpKind.ThrowInDuties];
        _kinds = [.. all.Where(_ => random.NextBool())];
        _kinds = _kinds.Length == 0 ? all : _kinds;
        bool isFaulty = random.NextBool(share);
        _share = isFaulty ? 0.2 + (0.8 * random.NextDouble()) : 0;
        _startShare = isFaulty && random.NextBool() ? random.NextDouble() * 0.5 : 0;
    }

    internal static int Calls(SimRandom random) => (int)s_calls[random.Next(s_calls.Length)];

    internal static int Error(SimRandom random) => s_errors[random.Next(s_errors.Length)];

    /// <summary>
    /// Draws an actor that injects disk faults and usually ends them, or none.
    /// </summary>
    internal IEnumerable<ActorPlan> DrawActor(SimRandom random)
    {
        if (random.NextBool(_share))
        {
            yield return new ActorPlan("trouble", [.. Enumerable.Range(0, 1 + random.Next(3)).SelectMany(_ => Draw(random))]);
        }
    }

    /// <summary>Draws the fault while the broker opens, or none.</summary>
    internal IReadOnlyList<CrashOp> DrawStart(SimRandom random) => random.NextBool(_startShare) ? [DrawFault(random)] : [];

    private IEnumerable<CrashOp> Draw(SimRandom random)
    {
        yield return LogRates.Nap(random);
        yield return DrawFault(random);
        yield return LogRates.Nap(random);
        if (random.NextBool(0.7))
        {
            yield return new CrashOp { Kind = CrashOpKind.Heal };
        }
    }

    private CrashOp DrawFault(SimRandom random)
    {
        CrashOpKind kind = _kinds[random.Next(_kinds.Length)];
        return new CrashOp
        {
            Kind = kind,
            Count = kind == CrashOpKind.FailCalls ? Calls(random) : 1 + random.Next(6),
            Ms = random.Next(1, 100),
            Share = random.NextDouble() * random.NextDouble(),
            Errno = Error(random),
        };
    }
}
