using Zurau.Engine.Log;

namespace Zurau.Engine.Coordination;

/// <summary>A transactional id. Who is inside its gate decides and changes it; anybody may read the state.</summary>
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

    /// <summary>It was expired while somebody waited at the gate: that one looks for the new entry.</summary>
    internal bool IsForgotten { get; set; }

    /// <summary>The markers of the transaction before are on disk.</summary>
    internal void ForgetWrittenEnd() => _state = _state! with { WrittenEnd = null };

    /// <summary>Takes a record into the state; null for a tombstone.</summary>
    internal void Replay(TransactionMetadata? state, long nowMs)
    {
        if (state is { State: TransactionState.Ongoing } && _state is not { State: TransactionState.Ongoing })
        {
            BegunMs = nowMs;
        }

        ChangedMs = nowMs;
        _state = state;
    }
}
