namespace Zurau.Simulation;

/// <summary>
/// The scenario 'log': one topic's partitions under appends, fetches, deletions, faults
/// and crashes.
/// </summary>
internal sealed class LogScenario : CrashScenario
{
    internal override string Name => "log";

    internal override IReadOnlyList<string> RequiredProbes { get; } =
    [
        "roll while an append copies", "roll while a fetch is parked", "Kill during recovery", "PowerLoss during recovery",
        "Kill while an append copies", "Kill while appends copy", "PowerLoss while an append copies", "fetch parked", "records deleted",
        "append rejected", "append unknown", "partition offline",
        "unreadable sector", "bit flipped", "recovered twice", "append near 2 GiB", "roll near 2 GiB", "recovery near 2 GiB",
        .. FaultProbes,
    ];

    internal override IReadOnlyList<Mutant> Mutants => LogMutants.All;

    internal override IScenarioRun Begin(CrashPlan plan) => new LogScenarioRun(plan);

    internal override CrashPlan Draw(ulong seed) => LogPlanner.Draw(seed);

    internal override CrashPlan DrawForSweep(ulong seed) => LogSweeps.Draw(seed);

    internal override CrashPlan PlanFor(Mutant mutant, ulong seed) => LogSweeps.For(mutant, seed);
}
