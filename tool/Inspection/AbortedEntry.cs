using System.Buffers.Binary;

namespace Zurau.Inspection;

/// <summary>
/// An entry of a <c>.txnindex</c> file: a transaction that the marker at the last offset
/// aborted.
/// </summary>
internal readonly record struct AbortedEntry(short Version, long ProducerId, long FirstOffset, long LastOffset, long LastStableOffset)
{
    internal const int Size = 34;

    internal static AbortedEntry Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadInt16BigEndian(bytes),
        BinaryPrimitives.ReadInt64BigEndian(bytes[2..]),
        BinaryPrimitives.ReadInt64BigEndian(bytes[10..]),
        BinaryPrimitives.ReadInt64BigEndian(bytes[18..]),
        BinaryPrimitives.ReadInt64BigEndian(bytes[26..]));

    public override string ToString() => $"producer {ProducerId}, offsets {FirstOffset} to {LastOffset}, last stable offset {LastStableOffset}";
}
