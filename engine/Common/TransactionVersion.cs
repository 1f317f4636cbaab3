namespace Zurau;

/// <summary>Which protocol a transactional client speaks (KIP-890).</summary>
public enum TransactionVersion
{
    /// <summary>Partitions are added by a request; the epoch stays from transaction to transaction.</summary>
    V1 = 1,

    /// <summary>Each transaction has an epoch of its own, so nothing of an earlier one can touch a later one.</summary>
    V2 = 2,
}
