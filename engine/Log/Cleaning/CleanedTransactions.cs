using System.Buffers.Binary;
using Zurau.Engine.Records;

namespace Zurau.Engine.Log.Cleaning;

/// <summary>
/// The transactions that a pass over a log has read: which data was aborted, and which markers
/// still have data before them. Batches must be passed in the order of offsets, from the log's
/// beginning if markers are to be judged correctly. Not thread-safe.
/// </summary>
internal sealed class CleanedTransactions
{
    private readonly PriorityQueue<AbortedTransaction, long> _coming = new(); // By first offset.
    private readonly Dictionary<long, Ongoing> _aborted = [];
    private readonly HashSet<long> _committed = [];

    /// <summary>
    /// Adds aborted transactions before their first batch is read; the same one may be added
    /// twice.
    /// </summary>
    internal void Add(IEnumerable<AbortedTransaction> aborted)
    {
        foreach (AbortedTransaction transaction in aborted)
        {
            _coming.Enqueue(transaction, transaction.FirstOffset);
        }
    }

    /// <summary>Returns whether a data batch belongs to an aborted transaction.</summary>
    internal bool IsAborted(RecordBatchView batch)
    {
        BeginUpTo(batch.LastOffset);
        if (!batch.IsTransactional)
        {
            return false;
        }

        if (_aborted.TryGetValue(batch.ProducerId, out Ongoing? ongoing))
        {
            ongoing.HasData = true;
            return true;
        }

        _committed.Add(batch.ProducerId);
        return false;
    }

    /// <summary>
    /// Returns whether no data of the marker's transaction is left. An aborted transaction that
    /// has data left is returned for the index of aborted transactions.
    /// </summary>
    internal bool IsWithoutData(RecordBatchView marker, out AbortedTransaction? aborted)
    {
        aborted = null;
        BeginUpTo(marker.LastOffset);
        RecordReader records = marker.Records();
        if (!records.Read())
        {
            return true; // It was emptied before.
        }

        short type = records.Key.Length >= 4 ? BinaryPrimitives.ReadInt16BigEndian(records.Key[2..]) : (short)-1;
        switch (type)
        {
            case TransactionMarker.Abort:
                bool isKnown = _aborted.Remove(marker.ProducerId, out Ongoing? ongoing);
                aborted = isKnown && ongoing!.HasData ? ongoing.Transaction : null;
                return aborted is null;
            case TransactionMarker.Commit:
                return !_committed.Remove(marker.ProducerId);
            default:
                return false;
        }
    }

    private void BeginUpTo(long offset)
    {
        while (_coming.TryPeek(out AbortedTransaction transaction, out long firstOffset) && firstOffset <= offset)
        {
            _coming.Dequeue();
            _aborted.TryAdd(transaction.ProducerId, new Ongoing { Transaction = transaction });
        }
    }

    private sealed class Ongoing
    {
        internal required AbortedTransaction Transaction { get; init; }

        internal bool HasData { get; set; }
    }
}
