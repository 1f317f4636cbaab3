using System.Buffers.Binary;
using Zurau.Engine.Records;

namespace Zurau.Engine.Log;

/// <summary>
/// The end of a producer's transaction in a partition: a control batch of one record, 78 bytes.
/// </summary>
/// <param name="ProducerId">The producer of the transaction.</param>
/// <param name="Epoch">The producer's epoch in the partition from this marker on.</param>
/// <param name="IsCommit">COMMIT or ABORT.</param>
/// <param name="CoordinatorEpoch">Leader epoch of the coordinator's partition: a marker of an
/// older coordinator is refused.</param>
/// <param name="BumpsEpoch">Whether the epoch is newer than that of the transaction's data
/// (KIP-890), so that an old marker can be distinguished from a new one.</param>
internal readonly record struct TransactionMarker(long ProducerId, short Epoch, bool IsCommit, int CoordinatorEpoch, bool BumpsEpoch)
{
    internal const int SizeBytes = 78;
    internal const short Abort = 0;
    internal const short Commit = 1;
    private const int KeySize = 4;
    private const int ValueSize = 6;

    internal void Write(Span<byte> batch, long timestampMs)
    {
        // One record: length, attributes, timestamp delta, offset delta, key, value, no
        // headers. All varints here have one byte.
        Span<byte> record = batch[BatchLayout.HeaderSize..];
        record.Clear();
        record[0] = Varint(SizeBytes - BatchLayout.HeaderSize - 1);
        record[4] = Varint(KeySize);
        BinaryPrimitives.WriteInt16BigEndian(record[7..], IsCommit ? Commit : Abort);
        record[9] = Varint(ValueSize);
        BinaryPrimitives.WriteInt32BigEndian(record[12..], CoordinatorEpoch);

        BinaryPrimitives.WriteInt64BigEndian(batch, 0);
        BinaryPrimitives.WriteInt32BigEndian(batch[BatchLayout.BatchLength..], SizeBytes - BatchLayout.LogOverhead);
        BinaryPrimitives.WriteInt32BigEndian(batch[BatchLayout.PartitionLeaderEpoch..], -1);
        batch[BatchLayout.Magic] = BatchLayout.MagicV2;
        BinaryPrimitives.WriteInt16BigEndian(batch[BatchLayout.Attributes..], (short)(BatchAttributes.Transactional | BatchAttributes.Control));
        BinaryPrimitives.WriteInt32BigEndian(batch[BatchLayout.LastOffsetDelta..], 0);
        BinaryPrimitives.WriteInt64BigEndian(batch[BatchLayout.BaseTimestamp..], timestampMs);
        BinaryPrimitives.WriteInt64BigEndian(batch[BatchLayout.MaxTimestamp..], timestampMs);
        BinaryPrimitives.WriteInt64BigEndian(batch[BatchLayout.ProducerId..], ProducerId);
        BinaryPrimitives.WriteInt16BigEndian(batch[BatchLayout.ProducerEpoch..], Epoch);
        BinaryPrimitives.WriteInt32BigEndian(batch[BatchLayout.BaseSequence..], Sequence.None);
        BinaryPrimitives.WriteInt32BigEndian(batch[BatchLayout.RecordsCount..], 1);
        BinaryPrimitives.WriteUInt32BigEndian(batch[BatchLayout.Crc..], Crc32C.Compute(batch[BatchLayout.Attributes..SizeBytes]));
    }

    /// <summary>
    /// Reads the outcome of a marker in a log; false for other control batches, and for a
    /// marker that compaction has emptied.
    /// </summary>
    internal static bool TryReadOutcome(RecordBatchView batch, out bool isCommit)
    {
        RecordReader records = batch.Records();
        short type = records.Read() && records.Key.Length >= KeySize ? BinaryPrimitives.ReadInt16BigEndian(records.Key[2..]) : (short)-1;
        isCommit = type == Commit;
        return type is Commit or Abort;
    }

    private static byte Varint(int small) => (byte)(small << 1);
}
