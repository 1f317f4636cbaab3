namespace Zurau.Engine.Coordination;

/// <summary>An offset that an open transaction will commit.</summary>
/// <param name="Committed">The offset.</param>
/// <param name="RecordOffset">The offset of its record, which orders it among other
/// commits; the marker's offset does not.</param>
/// <param name="Time">The time of its record.</param>
internal readonly record struct PendingOffset(OffsetAndMetadata Committed, long RecordOffset, RecordedTime Time);
