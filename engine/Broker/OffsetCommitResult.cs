namespace Zurau.Engine;

/// <summary>The answer for one partition of an offset commit.</summary>
public readonly record struct OffsetCommitResult(TopicPartition Partition, ErrorCode Error);
