namespace Zurau.Simulation;

/// <summary>The producer of a batch.</summary>
/// <param name="ProducerId">The producer id.</param>
/// <param name="Epoch">The producer epoch.</param>
/// <param name="Sequence">The sequence number of the first record.</param>
/// <param name="Transaction">The transaction of the batch; null for none.</param>
internal sealed record ProducerStamp(long ProducerId, short Epoch, int Sequence, SimTransaction? Transaction);
