using Zurau.Embedded.Producing.Batches;
using Zurau.Producing;

namespace Zurau.Embedded.Producing;

/// <summary>The queues of one topic's partitions, and its choice for records without a key.</summary>
internal sealed class TopicQueues
{
    internal TopicQueues(string name, int partitionCount, int randomSeed, RecordAccumulator accumulator)
    {
        Name = name;
        Partitions = [.. Enumerable.Range(0, partitionCount).Select(partition => new PartitionQueue(accumulator, this, new TopicPartition(name, partition)))];

        // Seeded by the topic's name too, so that what one topic draws does not depend on what others do.
        int seed = randomSeed ^ Murmur2.Hash(System.Text.Encoding.UTF8.GetBytes(name));
        Sticky = new StickyPartitioner(Partitions, accumulator.IsAdaptive, seed);
    }

    internal string Name { get; }

    internal PartitionQueue[] Partitions { get; }

    /// <summary>Chooses the partition of records without a key.</summary>
    internal StickyPartitioner Sticky { get; }

    /// <summary>How small the topic's records become.</summary>
    internal CompressionRatio CompressionRatio { get; } = new();
}
