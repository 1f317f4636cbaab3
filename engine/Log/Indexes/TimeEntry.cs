using System.Buffers.Binary;

namespace Zurau.Engine.Log;

/// <summary>
/// An entry of <c>.timeindex</c>: up to the batch that ends with this offset, no timestamp is
/// larger than this one. int64 milliseconds since 1970, int32 offset relative to the segment's
/// base, big-endian.
/// </summary>
internal readonly record struct TimeEntry(long Timestamp, int RelativeOffset) : IIndexEntry<TimeEntry>
{
    public static int SizeBytes => 12;

    public long Key => Timestamp;

    public static TimeEntry Read(ReadOnlySpan<byte> source) =>
        new(BinaryPrimitives.ReadInt64BigEndian(source), BinaryPrimitives.ReadInt32BigEndian(source[8..]));

    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteInt64BigEndian(destination, Timestamp);
        BinaryPrimitives.WriteInt32BigEndian(destination[8..], RelativeOffset);
    }
}
