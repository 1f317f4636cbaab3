namespace Zurau;

/// <summary>A partition's state of one producer.</summary>
/// <param name="ProducerId">The producer.</param>
/// <param name="ProducerEpoch">Its newest epoch in this partition.</param>
/// <param name="LastSequence">Sequence of its last record; -1 for none.</param>
/// <param name="LastTimestampMs">Largest timestamp of its last batch or marker, in
/// milliseconds since 1970.</param>
/// <param name="CoordinatorEpoch">Epoch of the coordinator that wrote its last marker;
/// -1 for none.</param>
/// <param name="TransactionStartOffset">Start offset of its open transaction:
/// read_committed readers stop there; -1 for none.</param>
public sealed record ProducerDescription(
    long ProducerId,
    short ProducerEpoch,
    int LastSequence,
    long LastTimestampMs,
    int CoordinatorEpoch,
    long TransactionStartOffset);
