namespace Zurau.Testing.Simulation;

/// <summary>The scenario 'compaction': keyed records, tombstones and transactions, cleaned, deleted and crashed.</summary>
internal sealed class CompactionScenario : CrashScenario
{
    internal override string Name => "compaction";

    internal override IReadOnlyList<string> RequiredProbes { get; } =
    [
        "Kill during recovery", "PowerLoss during recovery", "recovered twice", "records deleted", "transaction committed", "transaction aborted",
        "cleaned before the restart", "Kill while cleaning swaps", "PowerLoss while cleaning swaps",
    ];

    internal override IReadOnlyList<Mutant> Mutants { get; } =
    [
        new("dedupe-markers", "Cleaning takes the markers of transactions for records with keys.")
        {
            NeedsCrash = false,
            Hooks = static process => new DeduplicatesMarkersToo(process),
        },
    ];

    internal override IStory Begin(CrashPlan plan) => new CompactionStory(plan);

    internal override CrashPlan Draw(ulong seed) => CompactionPlanner.Draw(seed);

    internal override CrashPlan DrawForSweep(ulong seed) => CompactionPlanner.DrawForSweep(seed);

    internal override CrashPlan PlanFor(Mutant mutant, ulong seed) => CompactionPlanner.PlanFor(seed);

    private sealed class DeduplicatesMarkersToo(SimProcess process) : SimHooks(process)
    {
        internal override bool DeduplicatesMarkers => true;
    }
}
