namespace Zurau.Testing.Simulation;

/// <summary>Whose batch it is.</summary>
/// <param name="ProducerId">The producer.</param>
/// <param name="Epoch">Its epoch.</param>
/// <param name="Sequence">The sequence of the batch's first record.</param>
/// <param name="Transaction">The transaction that it is part of; null for none.</param>
internal sealed record ProducerStamp(long ProducerId, short Epoch, int Sequence, SimTransaction? Transaction);
