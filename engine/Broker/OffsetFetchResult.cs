namespace Zurau.Engine;

/// <summary>The committed offset of a group for one partition.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Committed">The last committed offset; null if there is none, and on
/// error.</param>
/// <param name="Error"><see cref="ErrorCode.UnstableOffsetCommit"/> if stable offsets
/// were requested and an open transaction may change it.</param>
public readonly record struct OffsetFetchResult(TopicPartition Partition, OffsetAndMetadata? Committed, ErrorCode Error = ErrorCode.None);
