namespace Zurau;

/// <summary>The position of a record that was sent.</summary>
/// <param name="TopicPartition">Topic and partition.</param>
/// <param name="Offset">Its offset; -1 with <see cref="Acks.None"/>.</param>
/// <param name="Timestamp">Its stored timestamp.</param>
public readonly record struct RecordMetadata(TopicPartition TopicPartition, long Offset, DateTimeOffset Timestamp);
