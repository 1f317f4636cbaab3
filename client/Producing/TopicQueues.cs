namespace Zurau.Producing;

/// <summary>The queues of one topic's partitions, and the partition that records without a key go to for now (KIP-794).</summary>
internal sealed class TopicQueues
{
    private readonly Random _random;
    private readonly bool _isAdaptive;
    private volatile StickyPartition _sticky;

    internal TopicQueues(string name, int partitionCount, int randomSeed, RecordAccumulator accumulator)
    {
        Name = name;
        _isAdaptive = accumulator.IsAdaptive;

        // Seeded by the topic's name too, so that what one topic draws does not depend on what others do.
        _random = new Random(randomSeed ^ Murmur2.Hash(System.Text.Encoding.UTF8.GetBytes(name)));
        Partitions = [.. Enumerable.Range(0, partitionCount).Select(partition => new PartitionQueue(accumulator, this, new TopicPartition(name, partition)))];
        _sticky = NextSticky();
    }

    internal string Name { get; }

    internal PartitionQueue[] Partitions { get; }

    internal StickyPartition Sticky => _sticky;

    /// <summary>How small the topic's records become.</summary>
    internal CompressionRatio CompressionRatio { get; } = new();

    /// <summary>
    /// Draws the next sticky partition: uniformly, or those with fewer batches on their way more often. Only with the lock of the current one's queue, which also guards the random numbers.
    /// </summary>
    internal void SwitchSticky() => _sticky = NextSticky();

    private StickyPartition NextSticky() => new(_isAdaptive && Partitions.Length > 1 ? NextByBacklog() : _random.Next(Partitions.Length));

    // KIP-794: a partition's share is how much shorter its queue is than the longest one, and one. Backlogs may change meanwhile: one
    // that has grown past the longest has no share, and what is left over goes to the last one.
    private int NextByBacklog()
    {
        int longest = 0;
        long sum = 0;
        foreach (PartitionQueue queue in Partitions)
        {
            int backlog = queue.Backlog;
            longest = Math.Max(longest, backlog);
            sum += backlog;
        }

        long left = _random.NextInt64(((longest + 1L) * Partitions.Length) - sum);
        for (int partition = 0; partition < Partitions.Length - 1; partition++)
        {
            left -= Math.Max(0, longest + 1 - Partitions[partition].Backlog);
            if (left < 0)
            {
                return partition;
            }
        }

        return Partitions.Length - 1;
    }
}
