using System.Buffers.Binary;

namespace Zurau.Inspection;

/// <summary>
/// An entry of a <c>.timeindex</c> file: up to the batch that ends with the offset, no
/// timestamp is larger.
/// </summary>
internal readonly record struct TimeIndexEntry(long Timestamp, int RelativeOffset)
{
    internal const int Size = 12;

    internal static TimeIndexEntry Read(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadInt64BigEndian(bytes), BinaryPrimitives.ReadInt32BigEndian(bytes[8..]));
}
