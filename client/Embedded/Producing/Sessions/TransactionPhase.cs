namespace Zurau.Embedded.Producing.Sessions;

/// <summary>Where a transactional producer stands.</summary>
internal enum TransactionPhase
{
    /// <summary>It has no identity yet.</summary>
    Uninitialized,

    /// <summary>A transaction may begin.</summary>
    Ready,

    /// <summary>Records may be sent.</summary>
    InTransaction,

    /// <summary>A commit is under way, or its answer did not come in time.</summary>
    Committing,

    /// <summary>An abort is under way, or its answer did not come in time.</summary>
    Aborting,

    /// <summary>Something of the transaction failed: it can only be aborted.</summary>
    MustAbort,

    /// <summary>The producer can only be closed.</summary>
    Failed,
}
