namespace Zurau;

/// <summary>The identity of a transactional id behind a fencing: producers that had it before are refused.</summary>
/// <param name="ProducerId">Its producer id.</param>
/// <param name="ProducerEpoch">Its epoch; a new producer gets a higher one.</param>
public sealed record FencedProducer(long ProducerId, short ProducerEpoch);
