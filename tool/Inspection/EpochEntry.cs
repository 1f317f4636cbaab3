namespace Zurau.Inspection;

/// <summary>
/// A line of <c>leader-epoch-checkpoint</c>: batches from this offset on have this epoch.
/// </summary>
internal readonly record struct EpochEntry(int Epoch, long StartOffset);
