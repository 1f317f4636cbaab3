namespace Zurau.Engine;

/// <summary>The result of an offset commit for one partition.</summary>
public readonly record struct OffsetCommitResult(TopicPartition Partition, ErrorCode Error);
