namespace Zurau.Engine;

/// <summary>The committed offset of a group for one partition.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Committed">What was committed last; null when nothing was, and on error.</param>
/// <param name="Error"><see cref="ErrorCode.UnstableOffsetCommit"/> while an open transaction may change it and stable ones were asked for.</param>
public readonly record struct OffsetFetchResult(TopicPartition Partition, OffsetAndMetadata? Committed, ErrorCode Error = ErrorCode.None);
