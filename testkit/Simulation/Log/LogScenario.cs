namespace Zurau.Testing.Simulation;

/// <summary>The scenario 'log': one topic's partitions under appends, fetches, deletions, faults and crashes.</summary>
internal sealed class LogScenario : Scenario<LogPlan>
{
    internal override string Name => "log";

    internal override IReadOnlyList<string> RequiredProbes { get; } =
    [
        "roll while an append copies", "roll while a fetch is parked", "Kill during recovery", "PowerLoss during recovery",
        "Kill while an append copies", "Kill while appends copy", "PowerLoss while an append copies", "fetch parked", "records deleted",
        "append refused", "append unknown", "open fails on a bad disk", "closing fails on a bad disk", "partition offline", "slow flush",
        "unreadable sector", "bit flipped", "recovered twice",
    ];

    internal override IReadOnlyList<Mutant> Mutants => LogMutants.All;

    internal override LogPlan Draw(ulong seed) => LogPlanner.Draw(seed);

    internal override RunReport Run(LogPlan plan, RunContext context)
    {
        using var run = new LogRun(plan, context);
        return run.Run();
    }

    internal override LogPlan DrawForSweep(ulong seed) => LogSweeps.Draw(seed);

    internal override LogPlan PlanFor(Mutant mutant, ulong seed) => LogSweeps.For(mutant, seed);

    internal override LogPlan WithCrash(LogPlan plan, int life, CrashKind kind, long step)
    {
        List<LifePlan> lives = [.. plan.Lives];
        while (lives.Count <= life)
        {
            lives.Add(lives[^1] with { Crash = CrashKind.None });
        }

        lives[life] = lives[life] with { Crash = kind, CrashStep = step };
        return plan with { Lives = lives };
    }

    internal override IEnumerable<LogPlan> Simpler(LogPlan plan) => LogShrinking.Simpler(plan);
}
