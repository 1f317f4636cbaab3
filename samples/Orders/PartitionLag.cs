using Zurau;

namespace Orders;

/// <summary>How far a group is in a partition.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Range">What it holds.</param>
/// <param name="Committed">The next offset that the group will read; null where it has committed nothing.</param>
internal readonly record struct PartitionLag(TopicPartition Partition, OffsetRange Range, long? Committed)
{
    /// <summary>Records that the group has not done yet.</summary>
    public long Lag => Range.End - (Committed ?? Range.Start);
}
