namespace Zurau.Engine.Common;

/// <summary>
/// Tells a reader of committed records what to leave out: the producer's batches from this offset on, up to its next ABORT marker.
/// </summary>
/// <param name="ProducerId">The producer.</param>
/// <param name="FirstOffset">Where the aborted transaction began.</param>
public readonly record struct AbortedTransactionRange(long ProducerId, long FirstOffset);
