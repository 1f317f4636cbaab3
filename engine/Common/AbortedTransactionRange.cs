namespace Zurau.Engine.Common;

/// <summary>
/// An aborted transaction that a read_committed reader skips: the producer's batches
/// from this offset up to its next ABORT marker.
/// </summary>
/// <param name="ProducerId">The producer.</param>
/// <param name="FirstOffset">The first offset of the aborted transaction.</param>
public readonly record struct AbortedTransactionRange(long ProducerId, long FirstOffset);
