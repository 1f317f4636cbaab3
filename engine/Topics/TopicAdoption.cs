using Microsoft.Extensions.Logging;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Topics;

/// <summary>
/// Derives topics from the folders of a data directory: all topics of a directory that
/// is new to the engine, and interrupted deletions.
/// </summary>
internal sealed partial class TopicAdoption(IStorage storage, Random random, ILogger logger)
{
    /// <summary>
    /// Returns the topics of a directory without our checkpoint, which is Kafka's or a
    /// copy, from its folders.
    /// </summary>
    internal List<TopicDescription> Adopt(IReadOnlyList<string> names)
    {
        var partitions = new List<TopicPartition>();
        foreach (string name in names)
        {
            if (PartitionDirectory.TryParse(name, out TopicPartition partition)
                && partition.Topic != "__cluster_metadata"
                && storage.List(name, out IReadOnlyList<string> files).IsOk
                && files.Any(LogFiles.IsOwn)) // An application's folder may be called word-number too.
            {
                partitions.Add(partition);
            }
        }

        return partitions.Count == 0 ? [] : Adopt(partitions);
    }

    private List<TopicDescription> Adopt(List<TopicPartition> partitions)
    {
        // Kafka stores topic settings elsewhere. The cleaner's checkpoint contains the
        // compacted logs, which have gaps.
        HashSet<string> compacted = [.. OffsetCheckpoint.Read(storage, OffsetCheckpoints.CleanedFile).Keys.Select(static partition => partition.Topic)];
        var topics = new List<TopicDescription>();
        foreach (IGrouping<string, TopicPartition> topic in partitions.GroupBy(static partition => partition.Topic))
        {
            Guid? id = topic.Select(partition => PartitionMetadata.ReadTopicId(storage, PartitionDirectory.Of(partition))).FirstOrDefault(static id => id is not null);
            int count = topic.Max(static partition => partition.Partition) + 1;
            for (int i = 0; i < count; i++)
            {
                string directory = PartitionDirectory.Of(new TopicPartition(topic.Key, i));
                storage.CreateDirectory(directory).UnlessExists().ThrowIfFailed($"Creating '{directory}'");
            }

            // The retention is unknown too: nothing is deleted until it is set.
            var configs = new Dictionary<string, string> { [TopicConfigs.RetentionMs] = "-1", [TopicConfigs.RetentionBytes] = "-1" };
            if (TopicName.IsInternal(topic.Key) || compacted.Contains(topic.Key))
            {
                configs[TopicConfigs.CleanupPolicy] = "compact";
            }

            topics.Add(new TopicDescription(topic.Key, id ?? KafkaUuid.Create(random), count, 1, configs, TopicName.IsInternal(topic.Key)));
            LogAdopted(topic.Key, count);
        }

        return topics;
    }

    /// <summary>
    /// Removes topics whose deletion was interrupted from the list; returns the folders to
    /// delete. The name of such a folder contains the topic's id, and it contains only the
    /// engine's file names; any other folder is left unchanged.
    /// </summary>
    internal List<string> FindDeletions(IReadOnlyList<string> names, List<TopicDescription> topics)
    {
        var deleted = new List<string>();
        foreach (string name in names)
        {
            if (!PartitionDirectory.TryParseDeleted(name, out Guid topicId)
                || !storage.List(name, out IReadOnlyList<string> files).IsOk
                || !files.All(LogFiles.IsOwn)
                || (PartitionMetadata.ReadTopicId(storage, name) ?? topicId) != topicId)
            {
                continue;
            }

            deleted.Add(name);
            TopicDescription? topic = topics.Find(topic => topic.TopicId == topicId);
            for (int i = 0; topic is not null && i < topic.Partitions; i++)
            {
                var partition = new TopicPartition(topic.Name, i);
                string directory = PartitionDirectory.Deleted(partition, topicId);
                if (names.Contains(directory) || (PartitionMetadata.ReadTopicId(storage, PartitionDirectory.Of(partition)) ?? topicId) != topicId)
                {
                    continue; // Renamed already: the folder of that name belongs to a later topic.
                }

                IoResult result = storage.Rename(PartitionDirectory.Of(partition), directory);
                if (result != IoResult.NotFound)
                {
                    result.ThrowIfFailed($"Renaming '{PartitionDirectory.Of(partition)}'");
                    deleted.Add(directory);
                }
            }

            topics.RemoveAll(topic => topic.TopicId == topicId);
        }

        if (deleted.Count > 0)
        {
            storage.SyncDirectory("").ThrowIfFailed($"Flushing {storage.Description}");
        }

        return deleted;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Topic '{Topic}' with {Partitions} partition(s) was adopted from its folders; its records are kept until 'retention.ms' or 'retention.bytes' is set.")]
    private partial void LogAdopted(string topic, int partitions);
}
