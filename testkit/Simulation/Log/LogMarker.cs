namespace Zurau.Testing.Simulation;

/// <summary>The end of a producer's transaction, as it stands in a log.</summary>
internal readonly record struct LogMarker(long ProducerId, short Epoch, bool IsCommit);
