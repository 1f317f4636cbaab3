using Microsoft.Extensions.Logging;

namespace Zurau.Engine.Topics;

/// <summary>Says what became of a new topic, and what of its settings does less than its maker may think.</summary>
internal sealed partial class TopicNotices(ILogger logger)
{
    internal void Created(TopicDescription topic)
    {
        if (topic.IsInternal)
        {
            return;
        }

        LogCreated(topic.Name, topic.Partitions);
        if (topic.ReplicationFactor > 1 || topic.Configs.ContainsKey("min.insync.replicas"))
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "Topic '{Topic}' asks for {ReplicationFactor} copies or for replicas in sync; the embedded engine keeps one copy. acks=all means: on disk.")]
    private partial void LogOneCopy(string topic, short replicationFactor);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Topic '{Topic}': these settings are kept and do nothing yet: {Settings}.")]
    private partial void LogWithoutEffect(string topic, string settings);
}
