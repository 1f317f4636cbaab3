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

    /// <summary>Deletes a topic with its data.</summary>
    Task DeleteTopicAsync(string topic, CancellationToken cancellationToken = default);

    /// <summary>The first readable offset and the end of every partition of a topic, by partition number.</summary>
    Task<IReadOnlyList<OffsetRange>> ListOffsetsAsync(string topic, CancellationToken cancellationToken = default);

    /// <summary>What a group committed, by partition.</summary>
    Task<IReadOnlyDictionary<TopicPartition, OffsetAndMetadata>> ListConsumerGroupOffsetsAsync(
        string groupId,
        CancellationToken cancellationToken = default);
}
