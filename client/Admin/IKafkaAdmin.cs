namespace Zurau;

/// <summary>Administers topics. Thread-safe. Failures are <see cref="KafkaException"/>s with Kafka's code.</summary>
public interface IKafkaAdmin
{
    /// <summary>Creates a topic; <see cref="ErrorCode.TopicAlreadyExists"/> where it is there.</summary>
    Task CreateTopicAsync(NewTopic topic, CancellationToken cancellationToken = default);

    /// <summary>Lists topics in ordinal order; internal ones only when asked.</summary>
    Task<IReadOnlyList<TopicDescription>> ListTopicsAsync(bool includeInternal = false, CancellationToken cancellationToken = default);

    /// <summary>Describes one topic; <see cref="ErrorCode.UnknownTopicOrPartition"/> where there is none.</summary>
    Task<TopicDescription> DescribeTopicAsync(string topic, CancellationToken cancellationToken = default);

    /// <summary>Changes settings of a topic; the others stay. They count when the task completes.</summary>
    /// <exception cref="KafkaException"><see cref="ErrorCode.InvalidConfig"/>: a name or value is wrong; nothing was changed.</exception>
    Task AlterTopicConfigsAsync(string topic, IReadOnlyList<ConfigChange> changes, CancellationToken cancellationToken = default);

    /// <summary>Every setting of a topic as it counts, and where it comes from.</summary>
    Task<IReadOnlyList<ConfigEntry>> DescribeTopicConfigsAsync(string topic, CancellationToken cancellationToken = default);

    /// <summary>
    /// Makes the records of a partition below an offset unreadable, durably; -1 means all there are. Returns the first offset that is left.
    /// </summary>
    /// <exception cref="KafkaException"><see cref="ErrorCode.OffsetOutOfRange"/>: the offset is behind the end.</exception>
    Task<long> DeleteRecordsAsync(TopicPartition partition, long beforeOffset, CancellationToken cancellationToken = default);

    /// <summary>Deletes a topic with its data.</summary>
    Task DeleteTopicAsync(string topic, CancellationToken cancellationToken = default);

    /// <summary>The first readable offset and the end of every partition of a topic, by partition number.</summary>
    Task<IReadOnlyList<OffsetRange>> ListOffsetsAsync(string topic, CancellationToken cancellationToken = default);

    /// <summary>What a group committed, by partition.</summary>
    Task<IReadOnlyDictionary<TopicPartition, OffsetAndMetadata>> ListConsumerGroupOffsetsAsync(
        string groupId,
        CancellationToken cancellationToken = default);
}
