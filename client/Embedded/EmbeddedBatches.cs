using Zurau.Engine;
using Zurau.Engine.Records;
using Zurau.Transport;

namespace Zurau.Embedded;

/// <summary>Batches of one partition that lie in the engine's mapped segment, which stays until this is disposed.</summary>
internal sealed class EmbeddedBatches(FetchedPartition fetched) : FetchedBatches
{
    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Bytes => fetched.Records;

    /// <summary>The topic that they were read from.</summary>
    internal Guid TopicId { get; init; }

    /// <summary>The offset behind the last whole batch.</summary>
    internal long NextOffset
    {
        get
        {
            long next = FetchOffset;
            ReadOnlySpan<byte> rest = Bytes.Span;
            while (RecordBatchView.TryRead(rest, out RecordBatchView batch))
            {
                next = batch.LastOffset + 1;
                rest = rest[batch.SizeBytes..];
            }

            return next;
        }
    }

    /// <inheritdoc/>
    public override void Dispose() => fetched.Dispose();
}
