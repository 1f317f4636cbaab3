using System.Buffers.Binary;
using Zurau.Engine.Records;

namespace Zurau.Engine.Log.Cleaning;

/// <summary>
/// What a pass over a log knows of its transactions: which data was aborted, and which markers still have data before them. Batches must come
/// in the order of offsets, from the log's beginning on for markers to be judged right. Not thread-safe.
/// </summary>
internal sealed class CleanedTransactions
{
    private readonly PriorityQueue<AbortedTransaction, long> _coming = new(); // By first offset.
    private readonly Dictionary<long, Ongoing> _aborted = [];
    private readonly HashSet<long> _committed = [];

    /// <summary>Makes aborted transactions known before their first batch comes; the same one may be said twice.</summary>
    internal void Add(IEnumerable<AbortedTransaction> aborted)
    {
        foreach (AbortedTransaction transaction in aborted)
        {
            _coming.Enqueue(transaction, transaction.FirstOffset);
        }
    }

    /// <summary>Tells whether a batch of data belongs to an aborted transaction.</summary>
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
    /// Tells whether a marker has lost all the data that it decides about. An abort that has data left is handed out, for the index of
    /// aborted transactions.
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
