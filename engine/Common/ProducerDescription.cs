namespace Zurau;

/// <summary>A producer as a partition knows it.</summary>
/// <param name="ProducerId">The producer.</param>
/// <param name="ProducerEpoch">Its newest epoch there.</param>
/// <param name="LastSequence">Sequence of its last record; -1 for none.</param>
/// <param name="LastTimestampMs">Largest timestamp of its last batch or marker, in milliseconds since 1970.</param>
/// <param name="CoordinatorEpoch">Epoch of the coordinator that wrote its last marker; -1 for none.</param>
/// <param name="TransactionStartOffset">Where its open transaction began: committed readers see nothing from there on; -1 for none.</param>
public sealed record ProducerDescription(
    long ProducerId,
    short ProducerEpoch,
    int LastSequence,
    long LastTimestampMs,
    int CoordinatorEpoch,
    long TransactionStartOffset);
