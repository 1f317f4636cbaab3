using Zurau.Embedded.Producing.Batches;
using Zurau.Transport;

namespace Zurau.Embedded.Producing;

/// <summary>Keeps the partition that was chosen for a record, and the batch whose memory it waited for.</summary>
internal sealed class BlockedAppend(RecordAccumulator accumulator, int sizeUpperBound, int choice) : BlockedSend
{
    private ProducerBatch? _batch;

    /// <summary>Gets the partitioner's answer, so that it is asked once per record.</summary>
    internal int Choice { get; } = choice;

    /// <inheritdoc/>
    public override async ValueTask WaitForRoomAsync(CancellationToken cancellationToken) =>
        _batch ??= await accumulator.WaitForBatchAsync(sizeUpperBound, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (TakeBatch() is { } unused)
        {
            accumulator.Discard(unused);
        }
    }

    /// <summary>Hands over the batch; null if there is none.</summary>
    internal ProducerBatch? TakeBatch()
    {
        ProducerBatch? batch = _batch;
        _batch = null;
        return batch;
    }
}
