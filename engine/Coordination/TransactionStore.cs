using System.Collections.Concurrent;
using Zurau.Engine.Common;
using Zurau.Engine.Log;

namespace Zurau.Engine.Coordination;

/// <summary>
/// The transactional ids in memory. Only a replayed record of <c>__transaction_state</c>
/// changes an id's state. Thread-safe: an id's gate admits one change at a time.
/// </summary>
internal sealed class TransactionStore(IDutyPump pump, LogHooks? hooks)
{
    private readonly ConcurrentDictionary<string, Transaction> _transactions = new(StringComparer.Ordinal);

    /// <summary>Gets all transactional ids, in ordinal order.</summary>
    internal IEnumerable<Transaction> All => _transactions.Values.OrderBy(static transaction => transaction.TransactionalId, StringComparer.Ordinal);

    /// <summary>
    /// The highest current or next producer id of all transactional ids; -1 for none.
    /// </summary>
    internal long HighestProducerId => _transactions.Values.Select(static transaction => transaction.State is { } state ? Math.Max(state.ProducerId, state.NextProducerId) : -1).Append(-1).Max();

    internal Transaction? Find(string transactionalId) => _transactions.GetValueOrDefault(transactionalId);

    /// <summary>Returns an id, and adds it if it does not exist.</summary>
    internal Transaction GetOrAdd(string transactionalId, PartitionLog partition) => _transactions.GetOrAdd(transactionalId, id => new Transaction(id, partition, hooks));

    /// <summary>Applies a record that was read at startup.</summary>
    internal void Replay(PartitionLog partition, string transactionalId, TransactionMetadata? state)
    {
        if (state is null)
        {
            _transactions.TryRemove(transactionalId, out _);
        }
        else
        {
            GetOrAdd(transactionalId, partition).Replay(state, pump.NowMs, isRestored: true);
        }
    }

    /// <summary>
    /// Corrects a state at startup, before any request; the prepared decision is persisted
    /// and executed later.
    /// </summary>
    internal void PutRight(Transaction transaction, TransactionMetadata prepared)
    {
        transaction.Replay(prepared, pump.NowMs);
        transaction.IsDecisionOwed = true;
    }

    /// <summary>
    /// Leaves an id's gate. Removes an id without a state, because its first request was
    /// refused or it has expired.
    /// </summary>
    internal void Exit(Transaction transaction)
    {
        if (transaction.State is null)
        {
            transaction.IsForgotten = true;
            _transactions.TryRemove(KeyValuePair.Create(transaction.TransactionalId, transaction));
        }

        transaction.Gate.Exit();
    }
}
