using System.Globalization;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Topics;

namespace Zurau.Engine.Coordination;

/// <summary>Finds the log of a key in a coordinator's topic. Creates the topic, compacted, with the first key.</summary>
internal static class InternalTopic
{
    /// <param name="topics">Where it is.</param>
    /// <param name="name">The topic.</param>
    /// <param name="key">What it keeps: a group's id, or a transactional id.</param>
    /// <param name="partitions">How many partitions a new one gets.</param>
    /// <param name="segmentBytes">How large its segments become, likewise.</param>
    /// <returns>Null where it could not be created, or the partition is offline.</returns>
    internal static PartitionLog? LogOf(TopicRegistry topics, string name, string key, int partitions, int segmentBytes)
    {
        Topic? topic = topics.Find(name);
        if (topic is null)
        {
            var configs = new Dictionary<string, string>
            {
                ["cleanup.policy"] = "compact",
                ["compression.type"] = "producer",
                ["segment.bytes"] = segmentBytes.ToString(CultureInfo.InvariantCulture),
            };
            ErrorResult result = topics.Create(new NewTopic(name, partitions) { Configs = configs }, out topic);
            Show(topics, name, result);
        }

        return topic?.Partitions[JavaHash.Partition(key, topic.Partitions.Length)].Log;
    }

    // The caller answers its client with an error code only; the next request tries again.
    private static void Show(TopicRegistry topics, string name, ErrorResult result)
    {
        string component = $"topic {name}";
        if (result.Error is not (ErrorCode.None or ErrorCode.TopicAlreadyExists or ErrorCode.BrokerNotAvailable))
        {
            topics.Health.Report(component, $"It could not be created; until it is, requests that need it are answered with CoordinatorNotAvailable. {result.Message}");
        }

        if (topics.Find(name) is not null)
        {
            topics.Health.Clear(component); // Created now, or by another thread since.
        }
    }
}
