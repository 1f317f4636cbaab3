using System.Globalization;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Topics;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Finds the log of a key in a coordinator's topic. Creates the topic, compacted, with
/// the first key.
/// </summary>
internal static class InternalTopic
{
    /// <param name="topics">The topics.</param>
    /// <param name="name">The topic.</param>
    /// <param name="key">The key: a group id or a transactional id.</param>
    /// <param name="partitions">Number of partitions of a new topic.</param>
    /// <param name="segmentBytes">Segment size of a new topic.</param>
    /// <returns>Null if it could not be created, or if the partition is offline.</returns>
    internal static PartitionLog? LogOf(TopicRegistry topics, string name, string key, int partitions, int segmentBytes)
    {
        Topic? topic = topics.Find(name);
        if (topic is null)
        {
            var configs = new Dictionary<string, string>
            {
                [TopicConfigs.CleanupPolicy] = "compact",
                [TopicConfigs.CompressionType] = "producer",
                [TopicConfigs.SegmentBytes] = segmentBytes.ToString(CultureInfo.InvariantCulture),
            };
            ErrorResult result = topics.Create(new NewTopic(name, partitions) { Configs = configs }, out topic);
            Show(topics, name, result);
        }

        return topic?.Partitions[JavaHash.Partition(key, topic.Partitions.Length)].Log;
    }

    // The client receives only an error code; the next request tries again.
    private static void Show(TopicRegistry topics, string name, ErrorResult result)
    {
        string component = $"topic {name}";
        if (result.Error is not (ErrorCode.None or ErrorCode.TopicAlreadyExists or ErrorCode.BrokerNotAvailable))
        {
            topics.Health.Report(component, $"The topic could not be created; requests that need it fail with CoordinatorNotAvailable until a retry succeeds. {result.Message}");
        }

        if (topics.Find(name) is not null)
        {
            topics.Health.Clear(component); // Created by this or by another thread.
        }
    }
}
