namespace Zurau.Simulation;

/// <summary>
/// The scenario 'topics': topics are created, deleted, altered and recreated while
/// producers and consumers use them, with retention, time-based rolls and compression.
/// </summary>
internal sealed class TopicsScenario : CrashScenario
{
    internal override string Name => "topics";

    internal override IReadOnlyList<string> RequiredProbes { get; } =
    [
        "Kill during recovery", "PowerLoss during recovery", "topic created", "topic deleted", "topic altered", "records deleted", "batch sent twice",
        "batch retried", "batch sent again after a crash", "requests of one client overlap", "offset committed", "continued at a committed offset", "position below the log start",
        "fetch parked", "fetch from an unknown topic", "fetch during a change of its topic", "topic created again", "deletion failed", "roll by time", "retention by time",
        "retention by size", "batch compressed with Gzip", "batch compressed with Snappy", "batch compressed with Lz4", "batch compressed with Zstd",
        "batch compressed by its topic",
        .. FaultProbes,
    ];

    internal override IScenarioRun Begin(CrashPlan plan) => new TopicsScenarioRun(plan);

    internal override CrashPlan Draw(ulong seed) => TopicsPlanner.Draw(seed);

    internal override CrashPlan DrawForSweep(ulong seed) => TopicsPlanner.DrawForSweep(seed);
}
