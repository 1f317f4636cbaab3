using System.Buffers.Binary;
using Zurau.Engine.Records;

namespace Zurau.Inspection;

/// <summary>
/// Computes the producer state of a log from its batches by the format specification.
/// Shares no code with the engine, so that the two check each other.
/// </summary>
internal sealed class ProducerReplay
{
    internal const short AbortMarker = 0;
    internal const short CommitMarker = 1;

    private readonly Dictionary<long, ProducerEntry> _producers = [];

    // The first offset of each open transaction → its producer.
    private readonly SortedDictionary<long, long> _open = [];

    internal IReadOnlyDictionary<long, ProducerEntry> Producers => _producers;

    /// <summary>
    /// Processes the next batch; returns the transaction that it aborted, or null.
    /// </summary>
    internal AbortedEntry? Add(RecordBatchView batch)
    {
        if (batch.ProducerId < 0)
        {
            return null;
        }

        bool isKnown = _producers.TryGetValue(batch.ProducerId, out ProducerEntry known);
        if (batch.IsControl)
        {
            return TryReadMarker(batch, out short type, out int coordinatorEpoch) && type is AbortMarker or CommitMarker
                ? AddMarker(batch, isKnown ? known : null, type, coordinatorEpoch)
                : null;
        }

        long first = isKnown ? known.TransactionFirstOffset : -1;
        if (first < 0 && batch.IsTransactional)
        {
            first = batch.BaseOffset;
            _open[first] = batch.ProducerId;
        }

        int lastSequence = batch.BaseSequence < 0 ? -1 : (int)(((long)batch.BaseSequence + batch.LastOffsetDelta) & int.MaxValue);
        _producers[batch.ProducerId] = new ProducerEntry(
            batch.ProducerId, batch.ProducerEpoch, lastSequence, batch.LastOffset, batch.LastOffsetDelta, batch.MaxTimestamp, isKnown ? known.CoordinatorEpoch : -1, first);
        return null;
    }

    /// <summary>
    /// Reads the type and the coordinator epoch of a control batch; returns false if it
    /// is not one, or if compaction emptied it.
    /// </summary>
    internal static bool TryReadMarker(RecordBatchView batch, out short type, out int coordinatorEpoch)
    {
        type = -1;
        coordinatorEpoch = -1;
        RecordReader reader = batch.Records();
        if (!reader.Read() || reader.Key.Length < 4)
        {
            return false;
        }

        type = BinaryPrimitives.ReadInt16BigEndian(reader.Key[2..]);
        if (type is AbortMarker or CommitMarker)
        {
            if (reader.Value.Length < 6)
            {
                return false;
            }

            coordinatorEpoch = BinaryPrimitives.ReadInt32BigEndian(reader.Value[2..]);
        }

        return true;
    }

    private AbortedEntry? AddMarker(RecordBatchView batch, ProducerEntry? known, short type, int coordinatorEpoch)
    {
        long first = known?.TransactionFirstOffset ?? -1;
        ProducerEntry entry = known is { } same && same.Epoch == batch.ProducerEpoch
            ? same
            : new ProducerEntry(batch.ProducerId, batch.ProducerEpoch, -1, -1, 0, -1, -1, -1);
        _producers[batch.ProducerId] = entry with { Timestamp = batch.MaxTimestamp, CoordinatorEpoch = coordinatorEpoch, TransactionFirstOffset = -1 };
        if (first < 0)
        {
            return null;
        }

        _open.Remove(first);
        long stable = _open.Count > 0 ? _open.First().Key : batch.LastOffset + 1;
        return type == AbortMarker ? new AbortedEntry(0, batch.ProducerId, first, batch.LastOffset, stable) : null;
    }
}
