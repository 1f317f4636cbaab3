using Microsoft.Extensions.Logging;

namespace Zurau.Engine.Topics;

/// <summary>
/// Logs the creation of a topic, and settings that have less effect than in Kafka.
/// </summary>
internal sealed partial class TopicNotices(ILogger logger)
{
    internal void Created(TopicDescription topic)
    {
        if (topic.IsInternal)
        {
            return;
        }

        LogCreated(topic.Name, topic.Partitions);
        if (topic.ReplicationFactor > 1 || topic.Configs.ContainsKey(TopicConfigs.MinInsyncReplicas))
        {
            LogOneCopy(topic.Name, topic.ReplicationFactor);
        }

        IReadOnlyList<string> idle = TopicConfig.WithoutEffect(topic.Configs);
        if (idle.Count > 0)
        {
            LogWithoutEffect(topic.Name, string.Join(", ", idle));
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Topic '{Topic}' was created with {Partitions} partition(s).")]
    private partial void LogCreated(string topic, int partitions);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Topic '{Topic}' requests {ReplicationFactor} replicas or in-sync replicas; the embedded engine has one replica. acks=all means: on disk.")]
    private partial void LogOneCopy(string topic, short replicationFactor);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Topic '{Topic}': these settings are stored but have no effect: {Settings}.")]
    private partial void LogWithoutEffect(string topic, string settings);
}
