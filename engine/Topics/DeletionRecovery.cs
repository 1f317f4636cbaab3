using Zurau.Engine.Storage;

namespace Zurau.Engine.Topics;

/// <summary>Goes on with deletions of topics that a crash cut short: some of their folders have the name that says so, some not yet.</summary>
internal static class DeletionRecovery
{
    /// <summary>Takes topics whose deletion was cut short off the list; returns the folders to be deleted.</summary>
    internal static List<string> Find(IStorage storage, IReadOnlyList<string> names, List<TopicDescription> topics)
    {
        var deleted = new List<string>();
        foreach (string name in names)
        {
            if (!PartitionDirectory.TryParseDeleted(name, out Guid topicId))
            {
                continue;
            }

            deleted.Add(name);
            TopicDescription? topic = topics.Find(topic => topic.TopicId == topicId);
            for (int i = 0; topic is not null && i < topic.Partitions; i++)
            {
                var partition = new TopicPartition(topic.Name, i);
                string directory = PartitionDirectory.Deleted(partition, topicId);
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
}
