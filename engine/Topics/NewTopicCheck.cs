using Zurau.Engine.Common;
using Zurau.Engine.Log;

namespace Zurau.Engine.Topics;

/// <summary>
/// Validates a requested topic, independently of other topics. The codes are Kafka's.
/// </summary>
internal static class NewTopicCheck
{
    /// <summary>
    /// Validates a new number of partitions; the topic is null if it does not exist.
    /// </summary>
    internal static ErrorResult CheckPartitions(string name, TopicDescription? topic, int count) =>
        topic is null ? new ErrorResult(ErrorCode.UnknownTopicOrPartition, $"Topic '{name}' does not exist.")
        : topic.IsInternal ? new ErrorResult(ErrorCode.InvalidTopicException, $"Topic '{name}' is internal; its number of partitions cannot be changed.")
        : count == topic.Partitions ? new ErrorResult(ErrorCode.InvalidPartitions, $"Topic '{name}' already has {count} partition(s).")
        : count < topic.Partitions ? new ErrorResult(ErrorCode.InvalidPartitions, $"Topic '{name}' currently has {topic.Partitions} partition(s); {count} would not be an increase.")
        : ErrorResult.None;

    internal static ErrorResult Check(NewTopic topic, int partitions, LogSettings defaults)
    {
        if (TopicName.Problem(topic.Name) is string badName)
        {
            return new ErrorResult(ErrorCode.InvalidTopicException, badName);
        }

        if (partitions < 1)
        {
            return new ErrorResult(
                ErrorCode.InvalidPartitions,
                $"Topic '{topic.Name}' cannot have {topic.Partitions} partitions; set at least 1, or -1 for the default of 'num.partitions'.");
        }

        if (topic.ReplicationFactor is 0 or < -1)
        {
            return new ErrorResult(
                ErrorCode.InvalidReplicationFactor,
                $"Topic '{topic.Name}' cannot have a replication factor of {topic.ReplicationFactor}; set at least 1, or -1 for the default.");
        }

        return TopicConfig.Problem(defaults, topic.Configs) is string badConfig ? new ErrorResult(ErrorCode.InvalidConfig, badConfig) : ErrorResult.None;
    }
}
