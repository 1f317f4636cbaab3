namespace Zurau.Engine.Log;

/// <summary>
/// Packs the end of a segment into one 64-bit word that is moved by compare-and-swap: offset
/// relative to the segment's base in bits 32 to 62, the seal in bit 31, byte position in bits 0
/// to 30. Thirty-one bits are Kafka's own limits for both.
/// </summary>
internal static class SegmentWord
{
    internal const long Seal = 1L << 31;

    internal static long Pack(int relativeOffset, int position) => ((long)relativeOffset << 32) | (uint)position;

    internal static int RelativeOffset(long word) => (int)(word >> 32);

    internal static int Position(long word) => (int)(word & 0x7FFF_FFFF);

    internal static bool IsSealed(long word) => (word & Seal) != 0;
}
