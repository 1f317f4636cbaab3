using System.Buffers.Binary;

namespace Zurau.Inspection;

/// <summary>
/// An entry of an <c>.index</c> file: the batch at the position ends with the offset.
/// </summary>
internal readonly record struct IndexEntry(int RelativeOffset, int Position)
{
    internal const int Size = 8;

    internal static IndexEntry Read(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadInt32BigEndian(bytes), BinaryPrimitives.ReadInt32BigEndian(bytes[4..]));
}
