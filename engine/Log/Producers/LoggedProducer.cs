using System.Buffers.Binary;

namespace Zurau.Engine.Log;

/// <summary>
/// The state of one producer according to a log's records: an entry of a <c>.snapshot</c> file,
/// 46 bytes, big-endian.
/// </summary>
/// <param name="ProducerId">The producer.</param>
/// <param name="Epoch">Its newest epoch.</param>
/// <param name="LastSequence">Sequence of its last record; -1 if there is none of this
/// epoch.</param>
/// <param name="LastOffset">Offset of that record; -1 likewise.</param>
/// <param name="OffsetDelta">Number of records of the last batch minus one.</param>
/// <param name="Timestamp">Largest timestamp of the last batch or marker.</param>
/// <param name="CoordinatorEpoch">Epoch of the coordinator that wrote the last marker; -1 for
/// none.</param>
/// <param name="TransactionFirstOffset">The first offset of its open transaction; -1 for
/// none.</param>
internal readonly record struct LoggedProducer(
    long ProducerId,
    short Epoch,
    int LastSequence,
    long LastOffset,
    int OffsetDelta,
    long Timestamp,
    int CoordinatorEpoch,
    long TransactionFirstOffset)
{
    internal const int Size = 46;

    internal void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteInt64BigEndian(destination, ProducerId);
        BinaryPrimitives.WriteInt16BigEndian(destination[8..], Epoch);
        BinaryPrimitives.WriteInt32BigEndian(destination[10..], LastSequence);
        BinaryPrimitives.WriteInt64BigEndian(destination[14..], LastOffset);
        BinaryPrimitives.WriteInt32BigEndian(destination[22..], OffsetDelta);
        BinaryPrimitives.WriteInt64BigEndian(destination[26..], Timestamp);
        BinaryPrimitives.WriteInt32BigEndian(destination[34..], CoordinatorEpoch);
        BinaryPrimitives.WriteInt64BigEndian(destination[38..], TransactionFirstOffset);
    }

    internal static LoggedProducer Read(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadInt64BigEndian(source),
        BinaryPrimitives.ReadInt16BigEndian(source[8..]),
        BinaryPrimitives.ReadInt32BigEndian(source[10..]),
        BinaryPrimitives.ReadInt64BigEndian(source[14..]),
        BinaryPrimitives.ReadInt32BigEndian(source[22..]),
        BinaryPrimitives.ReadInt64BigEndian(source[26..]),
        BinaryPrimitives.ReadInt32BigEndian(source[34..]),
        BinaryPrimitives.ReadInt64BigEndian(source[38..]));
}
