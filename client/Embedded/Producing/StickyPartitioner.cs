namespace Zurau.Embedded.Producing;

/// <summary>
/// Chooses the partition of records without a key (KIP-794): all go to one partition until it took
/// <c>batch.size</c> bytes, then to the next one, which is drawn. One per topic.
/// </summary>
internal sealed class StickyPartitioner
{
    private readonly PartitionQueue[] _partitions;
    private readonly bool _isAdaptive;
    private readonly Random _random;
    private volatile StickyPartition _current;

    internal StickyPartitioner(PartitionQueue[] partitions, bool isAdaptive, int randomSeed)
    {
        _partitions = partitions;
        _isAdaptive = isAdaptive;
        _random = new Random(randomSeed);
        _current = Next();
    }

    /// <summary>The current choice. Any thread.</summary>
    internal StickyPartition Current => _current;

    /// <summary>
    /// Draws the next choice: uniformly, or partitions with fewer unfinished batches more often. Only with the lock of the current one's
    /// queue, which also guards the random numbers.
    /// </summary>
    internal void Switch() => _current = Next();

    private StickyPartition Next() => new(_isAdaptive && _partitions.Length > 1 ? NextByBacklog() : _random.Next(_partitions.Length));

    // KIP-794: a partition's share is how much shorter its queue is than the longest one, and one. Backlogs may change meanwhile: one
    // that has grown past the longest has no share, and what is left over goes to the last one.
    private int NextByBacklog()
    {
        int longest = 0;
        long sum = 0;
        foreach (PartitionQueue queue in _partitions)
        {
            int backlog = queue.Backlog;
            longest = Math.Max(longest, backlog);
            sum += backlog;
        }

        long left = _random.NextInt64(((longest + 1L) * _partitions.Length) - sum);
        for (int partition = 0; partition < _partitions.Length - 1; partition++)
        {
            left -= Math.Max(0, longest + 1 - _partitions[partition].Backlog);
            if (left < 0)
            {
                return partition;
            }
        }

        return _partitions.Length - 1;
    }
}
