namespace Zurau.Embedded;

/// <summary>What a consumer's transport knows of one assigned partition.</summary>
internal sealed class PartitionPosition(TopicPartition partition)
{
    internal TopicPartition Partition { get; } = partition;

    /// <summary>The next offset to hand out; null until it is resolved.</summary>
    internal long? Offset { get; set; }

    /// <summary>The topic that the offset belongs to; empty until it is resolved.</summary>
    internal Guid TopicId { get; set; }

    internal bool IsPaused { get; set; }

    /// <summary>The last error of a read, so that it is logged once and not at each poll.</summary>
    internal ErrorCode LastError { get; set; }
}
