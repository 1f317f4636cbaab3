using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Topics;

/// <summary>
/// Undoes the creation of a topic that a crash interrupted: its folders exist, but the
/// list of topics does not contain it, so it was never acknowledged and has no records.
/// Only folders with nothing but the engine's file names are deleted: any other folder
/// named like a partition, such as an application's <c>backup-2024</c>, is left
/// unchanged.
/// </summary>
internal static class CreationRecovery
{
    /// <summary>
    /// Deletes the engine's folders of unknown partitions without records; returns the
    /// remaining non-empty folders, which are ignored.
    /// </summary>
    /// <exception cref="StorageException">A folder could not be read or deleted.</exception>
    internal static List<string> TakeBack(IStorage storage, IReadOnlyList<string> names, IReadOnlyCollection<TopicDescription> topics)
    {
        var partitions = topics.ToDictionary(static topic => topic.Name, static topic => topic.Partitions, StringComparer.Ordinal);
        var strangers = new List<string>();
        foreach (string name in names)
        {
            bool isUnknown = PartitionDirectory.TryParse(name, out TopicPartition partition) && partition.Partition >= partitions.GetValueOrDefault(partition.Topic);
            if (!isUnknown || !storage.List(name, out IReadOnlyList<string> files).IsOk || files.Count == 0)
            {
                continue; // Known, a file, or an empty folder, which a later creation reuses.
            }

            if (files.All(LogFiles.IsOwn) && !HasRecords(storage, name, files))
            {
                storage.DeleteDirectory(name).ThrowIfFailed($"Deleting '{name}'");
            }
            else
            {
                strangers.Add(name);
            }
        }

        return strangers;
    }

    private static bool HasRecords(IStorage storage, string directory, IReadOnlyList<string> files)
    {
        foreach (string name in files.Where(static name => name.Contains(LogFiles.LogSuffix, StringComparison.Ordinal)))
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
