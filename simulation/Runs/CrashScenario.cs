namespace Zurau.Simulation;

/// <summary>A scenario whose plans consist of process runs with actors. An <see cref="IStory"/> implements what happens in them.</summary>
internal abstract class CrashScenario : Scenario<CrashPlan>
{
    /// <summary>The probes that every scenario must hit: each disk error, also while a broker opens, and duties that throw.</summary>
    protected static IReadOnlyList<string> FaultProbes { get; } =
    [
        "a call fails with EIO", "a call fails with ENOSPC", "a call fails with EROFS", "a call fails with EMFILE", "a call fails with ENOMEM",
        "a call fails with EDQUOT", "a call fails with EINTR", "a call fails during a startup", "a call fails during a recovery", "slow flush",
        "opened on a bad disk", "open fails on a bad disk", "closing fails on a bad disk", "a duty throws", "the wall clock jumps",
    ];

    /// <summary>Creates the initial state of a run.</summary>
    internal abstract IStory Begin(CrashPlan plan);

    internal override RunReport Run(CrashPlan plan, RunContext context)
    {
        using var run = new CrashRun(plan, Begin(plan), context);
        return run.Run();
    }

    internal override CrashPlan WithCrash(CrashPlan plan, int life, CrashKind kind, long step)
    {
        List<LifePlan> lives = [.. plan.Lives];
        while (lives.Count <= life)
        {
            lives.Add(lives[^1] with { Crash = CrashKind.None });
        }

        lives[life] = lives[life] with { Crash = kind, CrashStep = step };
        return plan with { Lives = lives };
    }

    internal override IEnumerable<CrashPlan> Simpler(CrashPlan plan) => CrashShrinking.Simpler(plan);
}
