namespace Zurau.Simulation;

/// <summary>A transaction marker of a producer, as a log contains it.</summary>
internal readonly record struct LogMarker(long ProducerId, short Epoch, bool IsCommit);
