using Zurau.Engine;

namespace Zurau.Simulation;

/// <summary>
/// The state of the transaction coordinator in memory at the end of a process run. After
/// a kill or a clean shutdown, the next process run must load the same state from the log
/// (K15).
/// </summary>
internal sealed class CoordinatorMemory
{
    private readonly Dictionary<string, string> _states = [];

    /// <param name="broker">The broker of a process run; it may be dead.</param>
    /// <param name="model">The expected state of its clients.</param>
    /// <param name="nowMs">The simulated time.</param>
    internal CoordinatorMemory(Broker broker, TransactionModel model, long nowMs)
    {
        foreach (IGrouping<string, ProducerClient> id in model.Clients.Where(static client => client.TransactionalId is not null).GroupBy(static client => client.TransactionalId!))
        {
            bool isTimedOut = model.Transactions.Exists(transaction => transaction.Client.TransactionalId == id.Key && transaction.IsCommitted is null && nowMs - transaction.BegunMs >= transaction.TimeoutMs);
            if (!id.Any(static client => client.IsBusy || client.Unanswered is not null) && !isTimedOut && Describe(broker, id.Key, id.First().Group) is { } state)
            {
                _states[id.Key] = state;
            }
        }
    }

    internal void Check(Broker broker, TransactionModel model)
    {
        foreach ((string transactionalId, string before) in _states)
        {
            string? after = Describe(broker, transactionalId, model.Clients.First(client => client.TransactionalId == transactionalId).Group);
            if (after != before)
            {
                throw new SimulationFailure($"'{transactionalId}' has changed over a restart; before: {before}; now: {after}");
            }
        }
    }

    /// <summary>
    /// Describes the state of a transactional id; null while the state changes without
    /// further requests.
    /// </summary>
    private static string? Describe(Broker broker, string transactionalId, string group) =>
        broker.Transactions.Describe(transactionalId) is { } state && state.State is not (TransactionState.PrepareCommit or TransactionState.PrepareAbort)
            ? $"{state.State}, producer {state.ProducerId}, epoch {state.ProducerEpoch}, timeout {state.TimeoutMs}, begun at {state.StartTimestampMs}, in [{string.Join(", ", state.Partitions)}], offsets of {TransactionVerifier.CommittedBy(broker, group) ?? "none"}"
            : null;
}
