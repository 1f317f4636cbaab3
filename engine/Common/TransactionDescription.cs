namespace Zurau;

/// <summary>A transactional id and its transaction.</summary>
/// <param name="TransactionalId">The id.</param>
/// <param name="State">Where it stands.</param>
/// <param name="ProducerId">Its producer.</param>
/// <param name="ProducerEpoch">The producer's epoch.</param>
/// <param name="TimeoutMs">How long a transaction of it may be open.</param>
/// <param name="StartTimestampMs">When the transaction began, in milliseconds since 1970; -1 for none.</param>
/// <param name="Partitions">The partitions that the transaction has to end in.</param>
public sealed record TransactionDescription(
    string TransactionalId,
    TransactionState State,
    long ProducerId,
    short ProducerEpoch,
    int TimeoutMs,
    long StartTimestampMs,
    IReadOnlyList<TopicPartition> Partitions);
