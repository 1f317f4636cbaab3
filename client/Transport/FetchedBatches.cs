using Zurau.Engine.Common;

namespace Zurau.Transport;

/// <summary>Batches of one partition, leased: the bytes are valid until it is disposed.</summary>
public abstract class FetchedBatches : IDisposable
{
    /// <summary>The partition.</summary>
    public required TopicPartition TopicPartition { get; init; }

    /// <summary>The offset that was asked for; records before it are to be skipped.</summary>
    public required long FetchOffset { get; init; }

    /// <summary>The partition's end when it was read.</summary>
    public required long HighWatermark { get; init; }

    /// <summary>
    /// The aborted transactions that reach into the batches, in any order, for <c>isolation.level=read_committed</c>: their batches are
    /// there, and who reads leaves them out. Null for readers that see everything.
    /// </summary>
    public IReadOnlyList<AbortedTransactionRange>? AbortedTransactions { get; init; }

    /// <summary>Whole v2 batches.</summary>
    public abstract ReadOnlyMemory<byte> Bytes { get; }

    /// <inheritdoc/>
    public abstract void Dispose();
}
