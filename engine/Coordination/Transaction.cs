using System.Collections.Immutable;
using Zurau.Engine.Log;

namespace Zurau.Engine.Coordination;

/// <summary>A transactional id. The caller inside its gate decides and changes it; anybody may read the state.</summary>
internal sealed class Transaction(string transactionalId, PartitionLog log, LogHooks? hooks)
{
    private volatile TransactionMetadata? _state;

    internal string TransactionalId { get; } = transactionalId;

    /// <summary>The log that its records are in.</summary>
    internal PartitionLog Log { get; } = log;

    internal AsyncGate Gate { get; } = new(hooks);

    /// <summary>What its last record says; null before there is one.</summary>
    internal TransactionMetadata? State => _state;

    /// <summary>When the state last changed, in milliseconds of the pump's clock, which no jump of the wall clock moves.</summary>
    internal long ChangedMs { get; private set; }

    /// <summary>When the ongoing transaction began, likewise.</summary>
    internal long BegunMs { get; private set; }

    /// <summary>Its state is the one that the startup read, and has not changed since.</summary>
    internal bool IsRestored { get; private set; }

    /// <summary>
    /// Markers that the startup could not write. Until they are written the id accepts no request: the next transaction would forget that they
    /// are missing, and a new epoch could append to what is still open.
    /// </summary>
    internal ImmutableArray<OwedMarker> Owed { get; set; } = [];

    /// <summary>The startup found it prepared, or put it right: the decision is written once more, durably, before its markers.</summary>
    internal bool IsDecisionOwed { get; set; }

    /// <summary>
    /// With an owed decision to commit, what an offline partition may or may not hold of the transaction: the outcome is not known before all
    /// of these are.
    /// </summary>
    internal ImmutableArray<DataEnd> Doubtful { get; set; } = [];

    /// <summary>It was removed while a caller waited at the gate: that one looks for the new entry.</summary>
    internal bool IsForgotten { get; set; }

    /// <summary>Takes a record into the state; null for a tombstone.</summary>
    internal void Replay(TransactionMetadata? state, long nowMs, bool isRestored = false)
    {
        if (state is { State: TransactionState.Ongoing } && _state is not { State: TransactionState.Ongoing })
        {
            BegunMs = nowMs;
        }

        ChangedMs = nowMs;
        IsRestored = isRestored;
        _state = state;
    }
}
