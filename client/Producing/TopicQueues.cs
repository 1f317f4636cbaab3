namespace Zurau.Producing;

/// <summary>The queues of one topic's partitions, and the partition that records without a key go to for now (KIP-794).</summary>
internal sealed class TopicQueues
{
    private readonly Random _random;
    private volatile StickyPartition _sticky;

    internal TopicQueues(string name, int partitionCount, int randomSeed, RecordAccumulator accumulator)
    {
        Name = name;

        // Seeded by the topic's name too, so that what one topic draws does not depend on what others do.
        _random = new Random(randomSeed ^ Murmur2.Hash(System.Text.Encoding.UTF8.GetBytes(name)));
        Partitions = [.. Enumerable.Range(0, partitionCount).Select(partition => new PartitionQueue(accumulator, this, new TopicPartition(name, partition)))];
        _sticky = NextSticky();
    }

    internal string Name { get; }

    internal PartitionQueue[] Partitions { get; }

    internal StickyPartition Sticky => _sticky;

    /// <summary>
    /// Draws the next sticky partition, uniformly. Only with the lock of the current one's queue, which also guards the random numbers.
    /// </summary>
    internal void SwitchSticky() => _sticky = NextSticky();

    private StickyPartition NextSticky() => new(_random.Next(Partitions.Length));
}
