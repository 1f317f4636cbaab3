namespace Zurau;

/// <summary>What a producer has open in one partition.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="ProducerId">The producer.</param>
/// <param name="ProducerEpoch">Its epoch there.</param>
/// <param name="CoordinatorEpoch">Epoch of the coordinator that wrote its last marker there; -1 for none.</param>
/// <param name="StartOffset">The first offset of it: committed readers see nothing from there on.</param>
/// <param name="LastTimestampMs">Largest timestamp of its last batch, in milliseconds since 1970.</param>
public sealed record HangingTransaction(
    TopicPartition Partition,
    long ProducerId,
    short ProducerEpoch,
    int CoordinatorEpoch,
    long StartOffset,
    long LastTimestampMs);
