namespace Zurau;

/// <summary>
/// The state of a transactional id; the numbers are those of
/// <c>__transaction_state</c>.
/// </summary>
public enum TransactionState
{
    /// <summary>No transaction since the producer was initialized.</summary>
    Empty = 0,

    /// <summary>Partitions were added; the outcome is undecided.</summary>
    Ongoing = 1,

    /// <summary>The commit is decided; markers are being written.</summary>
    PrepareCommit = 2,

    /// <summary>The abort is decided; markers are being written.</summary>
    PrepareAbort = 3,

    /// <summary>Every partition has its COMMIT marker.</summary>
    CompleteCommit = 4,

    /// <summary>Every partition has its ABORT marker.</summary>
    CompleteAbort = 5,
}
