using System.Buffers.Binary;
using Zurau.Engine.Records;

namespace Zurau.Engine.Log;

/// <summary>
/// The producers of a log up to an offset, according to its records in log order: last
/// sequence, epoch and open transaction of each. Snapshots are written from it; appends are
/// checked against <see cref="AppendProducers"/>. Owned by the holder of the indexer's flag, or
/// by recovery before the log is open.
/// </summary>
internal sealed class LoggedProducers
{
    private readonly Dictionary<long, LoggedProducer> _producers = [];
    private readonly SortedDictionary<long, long> _openTransactions = []; // First offset → producer id.

    internal IReadOnlyCollection<LoggedProducer> All => _producers.Values;

    /// <summary>
    /// The last batches of each producer that recovery found near the end of the log.
    /// </summary>
    internal Dictionary<long, RecentBatches> Recent { get; } = [];

    /// <summary>The first offset of the earliest open transaction; null if none is open.</summary>
    internal long? FirstUnstableOffset => _openTransactions.Count == 0 ? null : _openTransactions.First().Key;

    /// <summary>Restores an entry of a snapshot.</summary>
    internal void Restore(LoggedProducer state)
    {
        _producers[state.ProducerId] = state;
        if (state.TransactionFirstOffset >= 0)
        {
            _openTransactions[state.TransactionFirstOffset] = state.ProducerId;
        }
    }

    /// <summary>Removes a producer that has expired, unless it has appended since.</summary>
    internal void Forget(long producerId, long endOffset)
    {
        if (_producers.TryGetValue(producerId, out LoggedProducer known) && known.LastOffset < endOffset && known.TransactionFirstOffset < 0)
        {
            _producers.Remove(producerId);
        }
    }

    internal bool IsCurrentEpoch(long producerId, short epoch) => _producers.TryGetValue(producerId, out LoggedProducer known) && known.Epoch == epoch;

    /// <summary>
    /// Adds a batch; returns the aborted transaction if the batch is an ABORT marker that ends
    /// one.
    /// </summary>
    internal AbortedTransaction? Add(RecordBatchView batch)
    {
        if (batch.ProducerId < 0)
        {
            return null;
        }

        bool isKnown = _producers.TryGetValue(batch.ProducerId, out LoggedProducer known);
        if (batch.IsControl)
        {
            return AddMarker(batch, isKnown ? known : null);
        }

        bool isOpen = isKnown && known.TransactionFirstOffset >= 0;
        long firstOffset = isOpen ? known.TransactionFirstOffset : batch.IsTransactional ? batch.BaseOffset : -1;
        if (!isOpen && firstOffset >= 0)
        {
            _openTransactions[firstOffset] = batch.ProducerId;
        }

        _producers[batch.ProducerId] = new LoggedProducer(
            batch.ProducerId,
            batch.ProducerEpoch,
            Sequence.Last(batch.BaseSequence, batch.LastOffsetDelta),
            batch.LastOffset,
            batch.LastOffsetDelta,
            batch.MaxTimestamp,
            isKnown ? known.CoordinatorEpoch : -1,
            firstOffset);
        return null;
    }

    private AbortedTransaction? AddMarker(RecordBatchView batch, LoggedProducer? known)
    {
        RecordReader records = batch.Records();
        if (!records.Read() || records.Key.Length < 4 || records.Value.Length < 6)
        {
            return null; // Compaction may have emptied it.
        }

        short type = BinaryPrimitives.ReadInt16BigEndian(records.Key[2..]);
        if (type is not (TransactionMarker.Abort or TransactionMarker.Commit))
        {
            return null;
        }

        long firstOffset = known?.TransactionFirstOffset ?? -1;
        bool isSameEpoch = known is not null && known.Value.Epoch == batch.ProducerEpoch;
        LoggedProducer state = isSameEpoch
            ? known!.Value
            : new LoggedProducer(batch.ProducerId, batch.ProducerEpoch, -1, -1, 0, -1, -1, -1);
        _producers[batch.ProducerId] = state with
        {
            Timestamp = batch.MaxTimestamp,
            CoordinatorEpoch = BinaryPrimitives.ReadInt32BigEndian(records.Value[2..]),
            TransactionFirstOffset = -1,
        };
        if (firstOffset < 0)
        {
            return null;
        }

        _openTransactions.Remove(firstOffset);
        return type == TransactionMarker.Abort
            ? new AbortedTransaction(batch.ProducerId, firstOffset, batch.LastOffset, FirstUnstableOffset ?? (batch.LastOffset + 1))
            : null;
    }
}
