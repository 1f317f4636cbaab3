namespace Zurau;

/// <summary>An open transaction of a producer in one partition.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="ProducerId">The producer.</param>
/// <param name="ProducerEpoch">Its epoch in the partition.</param>
/// <param name="CoordinatorEpoch">Epoch of the coordinator that wrote its last marker
/// in the partition; -1 for none.</param>
/// <param name="StartOffset">Its first offset: read_committed readers stop there.</param>
/// <param name="LastTimestampMs">Largest timestamp of its last batch, in milliseconds
/// since 1970.</param>
public sealed record HangingTransaction(
    TopicPartition Partition,
    long ProducerId,
    short ProducerEpoch,
    int CoordinatorEpoch,
    long StartOffset,
    long LastTimestampMs);
