using System.Collections.Immutable;
using Zurau.Engine.Log;

namespace Zurau.Engine.Coordination;

/// <summary>
/// A transactional id. Only the caller that was admitted by its gate changes it; any
/// thread may read the state.
/// </summary>
internal sealed class Transaction(string transactionalId, PartitionLog log, LogHooks? hooks)
{
    private volatile TransactionMetadata? _state;

    internal string TransactionalId { get; } = transactionalId;

    /// <summary>The log with its records.</summary>
    internal PartitionLog Log { get; } = log;

    internal AsyncGate Gate { get; } = new(hooks);

    /// <summary>The value of its last record; null if it has none.</summary>
    internal TransactionMetadata? State => _state;

    /// <summary>
    /// The time of the last change in milliseconds of the pump's monotonic clock, which
    /// wall-clock jumps do not affect.
    /// </summary>
    internal long ChangedMs { get; private set; }

    /// <summary>The start of the ongoing transaction on the same clock.</summary>
    internal long BegunMs { get; private set; }

    /// <summary>True if the state has not changed since it was loaded at startup.</summary>
    internal bool IsRestored { get; private set; }

    /// <summary>
    /// Markers that could not be written at startup. Until they are written the id refuses
    /// requests: the next transaction would overwrite the record of the missing markers,
    /// and a new epoch could append to the open transaction.
    /// </summary>
    internal ImmutableArray<OwedMarker> Owed { get; set; } = [];

    /// <summary>
    /// True if the decision was found prepared, or corrected, at startup: it is written
    /// again, durably, before its markers.
    /// </summary>
    internal bool IsDecisionOwed { get; set; }

    /// <summary>
    /// For an owed decision to commit: the parts of the transaction in offline partitions,
    /// whose records may be lost. The outcome is unknown until all of them can be checked.
    /// </summary>
    internal ImmutableArray<DataEnd> Doubtful { get; set; } = [];

    /// <summary>
    /// True if it was removed while a caller waited at the gate; that caller must look up
    /// the new entry.
    /// </summary>
    internal bool IsForgotten { get; set; }

    /// <summary>Applies a record; null for a tombstone.</summary>
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
