namespace Zurau.Engine.Coordination;

/// <summary>An offset that a transaction commits, while it is open.</summary>
/// <param name="Committed">The offset.</param>
/// <param name="RecordOffset">Where its record is: it counts from there, not from the marker.</param>
internal readonly record struct PendingOffset(OffsetAndMetadata Committed, long RecordOffset);
