using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Records;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Appends any number of records to the log of an internal topic, split into batches
/// that its <c>max.message.bytes</c> and <c>segment.bytes</c> allow. The first refused
/// batch ends the write. The caller holds the lock that orders writes of these keys,
/// and waits until <see cref="EndOffset"/> is published, or durable if an
/// acknowledgement depends on it.
/// </summary>
/// <param name="log">The log.</param>
/// <param name="nowMs">The timestamp of the records.</param>
/// <param name="producer">The producer whose open transaction contains the records;
/// null for immediately effective records.</param>
internal sealed class InternalWrite(PartitionLog log, long nowMs, (long Id, short Epoch)? producer = null)
{
    /// <summary>
    /// The exclusive end offset of the appended records; -1 before the first batch.
    /// </summary>
    internal long EndOffset { get; private set; } = -1;

    /// <summary>
    /// Appends records in order; <paramref name="appended"/> is called with the index and
    /// the offset of each, in order.
    /// </summary>
    /// <returns>The error of the refused batch; the batches before it are appended.</returns>
    internal ErrorCode Append(IReadOnlyList<InternalRecord> records, Action<int, long> appended)
    {
        int limit = Math.Min(log.Settings.MaxMessageBytes, log.Settings.SegmentBytes);
        for (int first = 0; first < records.Count;)
        {
            int size = BatchLayout.HeaderSize + records[first].SizeUpperBound;
            int end = first + 1;
            while (end < records.Count && size + records[end].SizeUpperBound <= limit)
            {
                size += records[end++].SizeUpperBound;
            }

            Appended batch = log.Append(Build(records, first, end, size), AppendOrigin.Coordinator);
            if (batch.Error != ErrorCode.None)
            {
                return batch.Error;
            }

            EndOffset = batch.EndOffset;
            for (int i = first; i < end; i++)
            {
                appended(i, batch.BaseOffset + i - first);
            }

            first = end;
        }

        return ErrorCode.None;
    }

    private BuiltBatch Build(IReadOnlyList<InternalRecord> records, int first, int end, int size)
    {
        var batch = new RecordBatchBuilder(new byte[size]);
        if (producer is { } transactional)
        {
            batch.SetProducer(transactional.Id, transactional.Epoch, Sequence.None);
        }

        for (int i = first; i < end; i++)
        {
            (byte[] key, byte[]? value) = records[i];
            batch.Append(nowMs, key, isKeyNull: false, value, isValueNull: value is null);
        }

        return batch.Build(producer is null ? BatchAttributes.None : BatchAttributes.Transactional);
    }
}
