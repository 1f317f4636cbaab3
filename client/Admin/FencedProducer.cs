namespace Zurau;

/// <summary>
/// The producer id and epoch of a transactional id after fencing: earlier producers are
/// refused.
/// </summary>
/// <param name="ProducerId">Its producer id.</param>
/// <param name="ProducerEpoch">Its epoch; a new producer receives a higher one.</param>
public sealed record FencedProducer(long ProducerId, short ProducerEpoch);
