using Microsoft.Extensions.Logging;
using Zurau.Engine;
using Zurau.Engine.Common;

namespace Zurau.Embedded;

/// <summary>Finds topics of the embedded engine, and says so when one is created by being named.</summary>
internal sealed partial class EmbeddedTopics(Broker broker, ILogger logger)
{
    /// <summary>Finds a topic; with <paramref name="mayCreate"/> creates it where <c>auto.create.topics.enable</c> allows.</summary>
    internal ErrorResult Find(string name, bool mayCreate, out TopicDescription? topic)
    {
        ErrorResult result = broker.DescribeTopic(name, autoCreate: false, out topic);
        if (result.Error == ErrorCode.UnknownTopicOrPartition && mayCreate)
        {
            result = broker.DescribeTopic(name, autoCreate: true, out topic);
            if (topic is not null)
            {
                LogCreated(logger, name, topic.Partitions);
            }
        }

        return result;
    }

    /// <exception cref="KafkaException">There is no such topic, or its name is forbidden.</exception>
    internal TopicDescription Get(string name, bool mayCreate)
    {
        ErrorResult result = Find(name, mayCreate, out TopicDescription? topic);
        return topic ?? throw KafkaException.For(result.Error, result.Message ?? $"Topic '{name}' does not exist.");
    }

    /// <summary>The names of all topics but internal ones.</summary>
    internal IEnumerable<string> Names() => broker.ListTopics().Where(static topic => !topic.IsInternal).Select(static topic => topic.Name);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Topic '{Topic}' did not exist and was created; partitions: {Partitions} (auto.create.topics.enable, num.partitions)")]
    private static partial void LogCreated(ILogger logger, string topic, int partitions);
}
