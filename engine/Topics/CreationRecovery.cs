using Zurau.Engine.Storage;

namespace Zurau.Engine.Topics;

/// <summary>
/// Takes back the creation of a topic that a crash cut short: its folders are there and the list of topics does not know it, so nobody was
/// told that it exists and nothing was appended.
/// </summary>
internal static class CreationRecovery
{
    /// <summary>Deletes folders of unknown partitions that hold no records; returns those that hold some and stay, served to nobody.</summary>
    /// <exception cref="StorageException">A folder could not be read or deleted.</exception>
    internal static List<string> TakeBack(IStorage storage, IReadOnlyList<string> names, IReadOnlyCollection<TopicDescription> topics)
    {
        var partitions = topics.ToDictionary(static topic => topic.Name, static topic => topic.Partitions, StringComparer.Ordinal);
        var strangers = new List<string>();
        foreach (string name in names)
        {
            bool isUnknown = PartitionDirectory.TryParse(name, out TopicPartition partition)
                && partition.Partition >= partitions.GetValueOrDefault(partition.Topic)
                && storage.List(name, out IReadOnlyList<string> files).IsOk;
            if (!isUnknown)
            {
                continue;
            }

            if (HasRecords(storage, name))
            {
                strangers.Add(name);
            }
            else
            {
                storage.DeleteDirectory(name).ThrowIfFailed($"Deleting '{name}'");
            }
        }

        return strangers;
    }

    private static bool HasRecords(IStorage storage, string directory)
    {
        storage.List(directory, out IReadOnlyList<string> names).ThrowIfFailed($"Listing '{directory}'");
        foreach (string name in names.Where(static name => name.Contains(".log", StringComparison.Ordinal)))
        {
            storage.Open($"{directory}/{name}", FileOpening.Existing, out IStorageFile? file).ThrowIfFailed($"Opening '{directory}/{name}'");
            using (file)
            {
                file!.Length(out long length).ThrowIfFailed($"Reading the length of '{directory}/{name}'");
                if (length > 0)
                {
                    return true;
                }
            }
        }

        return false;
    }
}
