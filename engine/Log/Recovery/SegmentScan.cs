namespace Zurau.Engine.Log;

/// <summary>What recovery found in one segment.</summary>
/// <param name="LengthBytes">The length of its file.</param>
/// <param name="ValidBytes">The position at which its last accepted batch ends.</param>
/// <param name="EndOffset">The exclusive end offset of that batch; the segment's base offset
/// if there is none.</param>
/// <param name="Tail">What follows in the file.</param>
/// <param name="NextBaseOffset">Base offset of the next segment; null if this is the last
/// one.</param>
internal readonly record struct SegmentScan(int LengthBytes, int ValidBytes, long EndOffset, SegmentTail Tail, long? NextBaseOffset);
