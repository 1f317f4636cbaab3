using System.Buffers.Binary;

namespace Zurau.Engine.Log;

/// <summary>
/// An entry of <c>.index</c>: the batch at this byte position ends with this offset. int32
/// offset relative to the segment's base, int32 position, big-endian.
/// </summary>
internal readonly record struct OffsetEntry(int RelativeOffset, int Position) : IIndexEntry<OffsetEntry>
{
    public static int SizeBytes => 8;

    public long Key => RelativeOffset;

    public static OffsetEntry Read(ReadOnlySpan<byte> source) =>
        new(BinaryPrimitives.ReadInt32BigEndian(source), BinaryPrimitives.ReadInt32BigEndian(source[4..]));

    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteInt32BigEndian(destination, RelativeOffset);
        BinaryPrimitives.WriteInt32BigEndian(destination[4..], Position);
    }
}
