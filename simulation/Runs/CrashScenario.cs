namespace Zurau.Simulation;

/// <summary>
/// A scenario whose plans consist of process runs with actors. An
/// <see cref="IScenarioRun"/> implements what happens in them.
/// </summary>
internal abstract class CrashScenario : Scenario<CrashPlan>
{
    /// <summary>
    /// The probes that every scenario must hit: each disk error, disk errors while a
    /// broker opens, and duties that throw.
    /// </summary>
    protected static IReadOnlyList<string> FaultProbes { get; } =
    [
        "a call fails with EIO", "a call fails with ENOSPC", "a call fails with EROFS", "a call fails with EMFILE", "a call fails with ENOMEM",
        "a call fails with EDQUOT", "a call fails with EINTR", "a call fails during a startup", "a call fails during a recovery", "slow flush",
        "opened with disk faults", "opening fails with disk faults", "closing fails with disk faults", "a duty throws", "the wall clock jumps",
    ];

    /// <summary>Creates the initial state of a run.</summary>
    internal abstract IScenarioRun Begin(CrashPlan plan);

    internal override RunReport Run(CrashPlan plan, RunContext context)
    {
        using var run = new CrashRun(plan, Begin(plan), context);
        return run.Run();
    }

    internal override CrashPlan WithCrash(CrashPlan plan, int run, CrashKind kind, long step)
    {
        List<ProcessRunPlan> runs = [.. plan.Runs];
        while (runs.Count <= run)
        {
            runs.Add(runs[^1] with { Crash = CrashKind.None });
        }

        runs[run] = runs[run] with { Crash = kind, CrashStep = step };
        return plan with { Runs = runs };
    }

    internal override IEnumerable<CrashPlan> Simpler(CrashPlan plan) => CrashShrinking.Simpler(plan);
}
