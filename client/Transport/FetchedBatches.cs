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

    /// <summary>Whole v2 batches.</summary>
    public abstract ReadOnlyMemory<byte> Bytes { get; }

    /// <inheritdoc/>
    public abstract void Dispose();
}
