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
    /// Returns null if the batch may be reserved; else the result, which for a duplicate is
    /// that of the original.
    /// </summary>
    internal readonly AppendResult? Check(RecordBatchView batch, TopicPartition partition, ref long endOffset) =>
        _producer is null ? null
        : _marker is { } marker ? _producer.Check(marker, partition, ref endOffset)
        : _producer.Check(batch, _origin, partition, ref endOffset);

    /// <summary>
    /// Records the reservation in the producer's state, and releases the lock for its next
    /// batches.
    /// </summary>
    internal void End(RecordBatchView batch, long baseOffset, long appendTimeMs)
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
    /// Releases the lock without a reservation; does nothing after <see cref="End"/>.
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
