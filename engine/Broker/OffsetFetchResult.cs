namespace Zurau.Engine;

/// <summary>The committed offset of a group for one partition.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Committed">What was committed last; null when nothing was.</param>
public readonly record struct OffsetFetchResult(TopicPartition Partition, OffsetAndMetadata? Committed);
