namespace Zurau.Transport;

/// <summary>What a <see cref="ConsumerEvent"/> reports.</summary>
public enum ConsumerEventKind
{
    /// <summary>Nothing: the timeout expired, or the consumer was woken up.</summary>
    None,

    /// <summary>Records of one partition.</summary>
    Records,

    /// <summary>Partitions were assigned; they are read once the owner has completed the rebalance.</summary>
    Assigned,

    /// <summary>Partitions are about to be revoked; their offsets may be committed until the owner completes the rebalance.</summary>
    Revoking,

    /// <summary>Partitions belong to another member already; a commit of their offsets would be refused.</summary>
    Lost,

    /// <summary>A partition is read at another offset, because the requested one is not in the log.</summary>
    PositionReset,
}
