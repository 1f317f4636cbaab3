namespace Zurau;

/// <summary>A transactional id and its transaction.</summary>
/// <param name="TransactionalId">The id.</param>
/// <param name="State">Its state.</param>
/// <param name="ProducerId">Its producer.</param>
/// <param name="ProducerEpoch">The producer's epoch.</param>
/// <param name="TimeoutMs">The transaction timeout in milliseconds.</param>
/// <param name="StartTimestampMs">Start of the transaction in milliseconds since 1970;
/// -1 for none.</param>
/// <param name="Partitions">The partitions in which the transaction must still end.</param>
public sealed record TransactionDescription(
    string TransactionalId,
    TransactionState State,
    long ProducerId,
    short ProducerEpoch,
    int TimeoutMs,
    long StartTimestampMs,
    IReadOnlyList<TopicPartition> Partitions);
