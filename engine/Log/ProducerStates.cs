using System.Buffers.Binary;
using Zurau.Engine.Records;

namespace Zurau.Engine.Log;

/// <summary>
/// The producers of a log as its batches tell, in log order: last sequence, epoch and open transaction of each. Owned by the holder of the
/// log's derived-state flag, or by recovery before there is one.
/// </summary>
internal sealed class ProducerStates
{
    internal const short AbortMarker = 0;
    internal const short CommitMarker = 1;
    private readonly Dictionary<long, ProducerState> _producers = [];
    private readonly SortedDictionary<long, long> _openTransactions = []; // First offset → producer id.

    internal IReadOnlyCollection<ProducerState> All => _producers.Values;

    /// <summary>Where the earliest open transaction began; null when none is open.</summary>
    internal long? FirstUnstableOffset => _openTransactions.Count == 0 ? null : _openTransactions.First().Key;

    /// <summary>Takes an entry of a snapshot.</summary>
    internal void Restore(ProducerState state)
    {
        _producers[state.ProducerId] = state;
        if (state.TransactionFirstOffset >= 0)
        {
            _openTransactions[state.TransactionFirstOffset] = state.ProducerId;
        }
    }

    /// <summary>Takes a batch; the answer is the transaction that its marker aborted, if it did.</summary>
    internal AbortedTransaction? Add(RecordBatchView batch)
    {
        if (batch.ProducerId < 0)
        {
            return null;
        }

        bool isKnown = _producers.TryGetValue(batch.ProducerId, out ProducerState known);
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

        _producers[batch.ProducerId] = new ProducerState(
            batch.ProducerId,
            batch.ProducerEpoch,
            LastSequence(batch),
            batch.LastOffset,
            batch.LastOffsetDelta,
            batch.MaxTimestamp,
            isKnown ? known.CoordinatorEpoch : -1,
            firstOffset);
        return null;
    }

    /// <summary>Sequences go from 2147483647 to 0.</summary>
    private static int LastSequence(RecordBatchView batch) =>
        batch.BaseSequence < 0 ? -1 : (int)(((long)batch.BaseSequence + batch.LastOffsetDelta) & int.MaxValue);

    private AbortedTransaction? AddMarker(RecordBatchView batch, ProducerState? known)
    {
        RecordReader records = batch.Records();
        if (!records.Read() || records.Key.Length < 4 || records.Value.Length < 6)
        {
            return null; // Compaction may have emptied it.
        }

        short type = BinaryPrimitives.ReadInt16BigEndian(records.Key[2..]);
        if (type is not (AbortMarker or CommitMarker))
        {
            return null;
        }

        long firstOffset = known?.TransactionFirstOffset ?? -1;
        bool isSameEpoch = known is not null && known.Value.Epoch == batch.ProducerEpoch;
        ProducerState state = isSameEpoch
            ? known!.Value
            : new ProducerState(batch.ProducerId, batch.ProducerEpoch, -1, -1, 0, -1, -1, -1);
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
        return type == AbortMarker
            ? new AbortedTransaction(batch.ProducerId, firstOffset, batch.LastOffset, FirstUnstableOffset ?? (batch.LastOffset + 1))
            : null;
    }
}
