namespace Zurau.Engine.Common;

/// <summary>The result of a request for one of several partitions.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Error"><see cref="ErrorCode.None"/>, or why the request failed for it.</param>
public readonly record struct PartitionResult(TopicPartition Partition, ErrorCode Error);
