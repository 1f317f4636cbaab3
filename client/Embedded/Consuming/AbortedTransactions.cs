using System.Buffers.Binary;
using Zurau.Engine.Common;
using Zurau.Engine.Records;

namespace Zurau.Embedded.Consuming;

/// <summary>
/// Says which batches of one fetch belong to aborted transactions. From the first offset of an aborted transaction on, everything
/// transactional of its producer does, up to the producer's next ABORT marker.
/// </summary>
internal sealed class AbortedTransactions(IReadOnlyList<AbortedTransactionRange> ranges)
{
    // The log keeps them in the order of their ends.
    private readonly AbortedTransactionRange[] _ranges = [.. ranges.OrderBy(range => range.FirstOffset)];

    // Whose aborted transaction is open where the reading is.
    private readonly HashSet<long> _producers = [];
    private int _next;

    /// <summary>Takes the next batch in the log's order; each one must be shown once, markers too.</summary>
    /// <exception cref="InvalidRecordException">A marker is malformed.</exception>
    internal bool Contain(RecordBatchView batch)
    {
        while (_next < _ranges.Length && _ranges[_next].FirstOffset <= batch.LastOffset)
        {
            _producers.Add(_ranges[_next++].ProducerId);
        }

        if (batch.IsControl)
        {
            if (IsAbortMarker(batch))
            {
                _producers.Remove(batch.ProducerId);
            }

            return false;
        }

        return batch.IsTransactional && _producers.Contains(batch.ProducerId);
    }

    // Its one record's key is a version and a type, 16 bits each. Compaction may have emptied the batch.
    private static bool IsAbortMarker(RecordBatchView batch)
    {
        const short Abort = 0;
        RecordReader records = batch.Records();
        return records.Read() && records.Key.Length >= 4 && BinaryPrimitives.ReadInt16BigEndian(records.Key[2..]) == Abort;
    }
}
