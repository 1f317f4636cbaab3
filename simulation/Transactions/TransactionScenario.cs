namespace Zurau.Simulation;

/// <summary>
/// The scenario 'transactions': producers whose state survives crashes of the broker,
/// producers in its process, readers of committed records, and the broker's duties.
/// </summary>
internal sealed class TransactionScenario : CrashScenario
{
    internal override string Name => "transactions";

    internal override IReadOnlyList<string> RequiredProbes { get; } =
    [
        "Kill during recovery", "PowerLoss during recovery", "recovered twice", "batch sent twice", "batch sent again after a crash", "batch retried",
        "batch retried after a crash", "offsets sent", "transaction committed", "transaction aborted", "embedded transaction committed",
        "embedded transaction aborted", "ended again", "ended again in the next transaction", "late batch", "committed records read",
        "committed fetch parked", "records deleted",
        "producer rejected: ProducerFenced", "producer rejected: InvalidProducerEpoch",
        .. FaultProbes,
    ];

    internal override IScenarioRun Begin(CrashPlan plan) => new TransactionScenarioRun(plan);

    internal override CrashPlan Draw(ulong seed) => TransactionPlanner.Draw(seed);

    internal override CrashPlan DrawForSweep(ulong seed) => TransactionPlanner.DrawForSweep(seed);
}
