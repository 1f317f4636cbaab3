namespace Zurau.Simulation;

/// <summary>
/// The scenario 'compaction': keyed records, tombstones and transactions under cleaning,
/// deletion and crashes.
/// </summary>
internal sealed class CompactionScenario : CrashScenario
{
    internal override string Name => "compaction";

    internal override IReadOnlyList<string> RequiredProbes { get; } =
    [
        "Kill during recovery", "PowerLoss during recovery", "recovered twice", "records deleted", "transaction committed", "transaction aborted",
        "cleaned before the restart", "Kill while cleaning swaps", "PowerLoss while cleaning swaps", "a duty throws while cleaning swaps",
        .. FaultProbes,
    ];

    internal override IScenarioRun Begin(CrashPlan plan) => new CompactionScenarioRun(plan);

    internal override CrashPlan Draw(ulong seed) => CompactionPlanner.Draw(seed);

    internal override CrashPlan DrawForSweep(ulong seed) => CompactionPlanner.DrawForSweep(seed);
}
