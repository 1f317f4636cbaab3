namespace Zurau;

/// <summary>The protocol version of a transactional client (KIP-890).</summary>
public enum TransactionVersion
{
    /// <summary>Partitions are added by a request; all transactions share one epoch.</summary>
    V1 = 1,

    /// <summary>
    /// Each transaction has its own epoch, so a delayed request of an earlier transaction
    /// cannot affect a later one.
    /// </summary>
    V2 = 2,
}
