using Zurau.Engine.Common;
using Zurau.Engine.Records;

namespace Zurau.Engine.Log;

/// <summary>
/// Holds the lock of a batch's producer from the check until space is reserved, so that the
/// check is still valid then; released before the copy. Empty for batches without a producer
/// id.
/// </summary>
internal struct AppendProducerGate
{
    private readonly AppendProducers _producers;
    private readonly AppendOrigin _origin;
    private readonly TransactionMarker? _marker;
    private AppendProducer? _producer;

    internal AppendProducerGate(AppendProducers producers, RecordBatchView batch, AppendOrigin origin, TransactionMarker? marker)
    {
        _producers = producers;
        _origin = origin;
        _marker = marker;
        _producer = batch.ProducerId < 0 ? null : producers.Enter(batch.ProducerId);
    }

    /// <summary>
    /// Returns whether the producer's state answers the batch, so that it is not appended: a
    /// duplicate with the result of the original, any other with a refusal.
    /// </summary>
    internal readonly bool IsAnswered(RecordBatchView batch, TopicPartition partition, out Appended answer)
    {
        if (_producer is null)
        {
            answer = default;
            return false;
        }

        AppendRefusal? refusal = _marker is { } marker
            ? _producer.Check(marker, partition, out AppendedBatch? original)
            : _producer.Check(batch, _origin, partition, out original);
        answer = refusal is not null ? Appended.Refused(refusal)
            : original is { } first ? new Appended(first.BaseOffset, first.EndOffset, first.AppendTimeMs)
            : default;
        return refusal is not null || original is not null;
    }

    /// <summary>
    /// Records the reservation in the producer's state, and releases the lock for its next
    /// batches.
    /// </summary>
    internal void Accept(RecordBatchView batch, long baseOffset, long appendTimeMs)
    {
        if (_producer is null)
        {
            return;
        }

        if (_marker is { } marker)
        {
            _producer.Accept(marker, baseOffset, batch.MaxTimestamp);
        }
        else
        {
            _producer.Accept(batch, baseOffset, appendTimeMs);
        }

        _producer.Exit();
        _producer = null;
    }

    /// <summary>
    /// Releases the lock without a reservation; does nothing after <see cref="Accept"/>.
    /// </summary>
    internal void GiveUp()
    {
        if (_producer is not null)
        {
            _producers.Exit(_producer);
            _producer = null;
        }
    }
}
