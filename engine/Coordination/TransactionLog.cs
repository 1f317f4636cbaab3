using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;
using Zurau.Engine.Storage;
using Zurau.Engine.Topics;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Accesses the internal topic of transactions: finds the partition of a transactional
/// id, writes states and reads them back. Creates the topic with the first id.
/// </summary>
internal sealed class TransactionLog(TopicRegistry topics, int partitions, int segmentBytes, TimeProvider time)
{
    internal IEnumerable<PartitionLog> Logs => topics.Find(TopicName.TransactionState)?.Logs ?? [];

    internal PartitionLog? LogOf(string transactionalId) => InternalTopic.LogOf(topics, TopicName.TransactionState, transactionalId, partitions, segmentBytes);

    /// <summary>
    /// Appends a state, or a tombstone. Without an error it is in the log, and published at the
    /// end offset of the result.
    /// </summary>
    internal Appended Append(Transaction transaction, TransactionMetadata? state)
    {
        byte[] key = TransactionRecords.Key(transaction.TransactionalId);
        byte[]? value = state is null ? null : TransactionRecords.Value(state);
        var batch = new RecordBatchBuilder(new byte[BatchLayout.HeaderSize + RecordBatchBuilder.SizeUpperBound(key.Length, value?.Length ?? -1, 1)]);
        batch.Append(time.GetUtcNow().ToUnixTimeMilliseconds(), key, isKeyNull: false, value, isValueNull: value is null);
        return transaction.Log.Append(batch.Build(), AppendOrigin.Coordinator);
    }

    /// <summary>Reads all records in order; null states are tombstones.</summary>
    /// <exception cref="StorageException">A log cannot be read to its end: an unread
    /// decision would be treated as never made.</exception>
    internal void Read(Action<PartitionLog, string, TransactionMetadata?> replay)
    {
        foreach (PartitionLog log in Logs)
        {
            InternalRead.All(log, batch =>
            {
                if (!batch.IsControl)
                {
                    Read(log, batch, replay);
                }
            });
        }
    }

    private static void Read(PartitionLog log, RecordBatchView batch, Action<PartitionLog, string, TransactionMetadata?> replay)
    {
        using DecompressedRecords decompressed = batch.Decompress();
        RecordReader records = batch.Records(decompressed);
        while (records.Read())
        {
            if (!records.IsKeyNull && TransactionRecords.TryReadKey(records.Key, out string transactionalId))
            {
                TransactionMetadata? state = null;
                if (!records.IsValueNull && !TransactionRecords.TryReadValue(records.Value, out state))
                {
                    throw DamagedLog.At(log, records.Offset, ErrorCode.InvalidRecord);
                }

                replay(log, transactionalId, state);
            }
        }
    }
}
