namespace Zurau;

/// <summary>A partition and where to read it.</summary>
/// <param name="TopicPartition">The partition.</param>
/// <param name="Offset">
/// The offset of the next record to read; null for the group's committed offset, or without one the position that
/// <c>auto.offset.reset</c> determines.
/// </param>
public readonly record struct TopicPartitionOffset(TopicPartition TopicPartition, long? Offset = null);
