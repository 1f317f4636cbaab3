using System.Buffers.Binary;

namespace Zurau.Engine.Log;

/// <summary>
/// An aborted transaction, an entry of <c>.txnindex</c>: int16 version 0, producer id, first
/// offset, offset of the ABORT marker, and the last stable offset after the marker. 34 bytes,
/// big-endian.
/// </summary>
internal readonly record struct AbortedTransaction(long ProducerId, long FirstOffset, long LastOffset, long LastStableOffset) : IIndexEntry<AbortedTransaction>
{
    public static int SizeBytes => 34;

    public long Key => LastOffset;

    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteInt16BigEndian(destination, 0);
        BinaryPrimitives.WriteInt64BigEndian(destination[2..], ProducerId);
        BinaryPrimitives.WriteInt64BigEndian(destination[10..], FirstOffset);
        BinaryPrimitives.WriteInt64BigEndian(destination[18..], LastOffset);
        BinaryPrimitives.WriteInt64BigEndian(destination[26..], LastStableOffset);
    }

    public static AbortedTransaction Read(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadInt64BigEndian(source[2..]),
        BinaryPrimitives.ReadInt64BigEndian(source[10..]),
        BinaryPrimitives.ReadInt64BigEndian(source[18..]),
        BinaryPrimitives.ReadInt64BigEndian(source[26..]));
}
