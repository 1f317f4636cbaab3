namespace Zurau;

/// <summary>Where a record went.</summary>
/// <param name="TopicPartition">Topic and partition.</param>
/// <param name="Offset">Its offset; -1 with <see cref="Acks.None"/>.</param>
/// <param name="Timestamp">Its timestamp as stored.</param>
public readonly record struct RecordMetadata(TopicPartition TopicPartition, long Offset, DateTimeOffset Timestamp);
