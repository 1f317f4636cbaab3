namespace Zurau;

/// <summary>
/// Chooses partitions for records without one. One instance serves all topics and
/// threads of a producer; it is called for each record, so it must be fast.
/// </summary>
public interface IPartitioner
{
    /// <summary>
    /// What <see cref="Choose"/> answers to leave the choice to the producer: a partition
    /// that changes from batch to batch, so that batches are full (KIP-794).
    /// </summary>
    const int Any = -1;

    /// <summary>Chooses a partition from 0 to the count less one, or <see cref="Any"/>.</summary>
    /// <param name="topic">The record's topic.</param>
    /// <param name="key">The key's bytes; empty for a null key.</param>
    /// <param name="isKeyNull">Tells a null key from an empty one.</param>
    /// <param name="partitionCount">The topic's partitions, at least 1.</param>
    int Choose(string topic, ReadOnlySpan<byte> key, bool isKeyNull, int partitionCount);
}
