namespace Zurau.Harness.Inspection;

/// <summary>A line of <c>leader-epoch-checkpoint</c>: from this offset on, batches are of this epoch.</summary>
internal readonly record struct EpochEntry(int Epoch, long StartOffset);
