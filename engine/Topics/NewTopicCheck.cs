using Zurau.Engine.Common;
using Zurau.Engine.Log;

namespace Zurau.Engine.Topics;

/// <summary>What is wrong with a topic that somebody wants, whatever other topics there are. The codes are Kafka's.</summary>
internal static class NewTopicCheck
{
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
                $"Topic '{topic.Name}' cannot have {topic.Partitions} partitions; give at least 1, or -1 for the default of 'num.partitions'.");
        }

        if (topic.ReplicationFactor is 0 or < -1)
        {
            return new ErrorResult(
                ErrorCode.InvalidReplicationFactor,
                $"Topic '{topic.Name}' cannot have a replication factor of {topic.ReplicationFactor}; give at least 1, or -1 for the default.");
        }

        return TopicConfig.Problem(defaults, topic.Configs) is string badConfig ? new ErrorResult(ErrorCode.InvalidConfig, badConfig) : ErrorResult.None;
    }
}
