using Zurau.Engine.Storage;

namespace Zurau.Engine.Topics;

/// <summary>
/// A topic that is being deleted and cannot be found any more. It is marked durably
/// first: its folders are renamed and the list of topics does not contain it. From then
/// on the deletion is final, and its files are deleted in bounded steps. Every step may
/// be repeated. One caller at a time.
/// </summary>
internal sealed class TopicDeletion
{
    /// <summary>The maximum number of files that one step deletes.</summary>
    internal const int FilesPerStep = 16;

    private readonly TopicDescription? _topic; // Null if a startup found the folders.
    private readonly Queue<string> _folders = new();
    private readonly Queue<string> _files = new(); // The remaining files of the first folder, once it was listed.
    private volatile bool _isMarked;

    /// <summary>Starts the deletion of a topic whose logs were abandoned.</summary>
    internal TopicDeletion(TopicDescription topic)
    {
        _topic = topic;
        Name = topic.Name;
    }

    /// <summary>
    /// Continues the deletion of marked folders that an earlier process left.
    /// </summary>
    internal TopicDeletion(IEnumerable<string> folders)
    {
        _folders = new Queue<string>(folders);
        Name = _folders.Peek();
        _isMarked = true;
    }

    /// <summary>The name of the topic, or of the first folder.</summary>
    internal string Name { get; }

    /// <summary>
    /// True if the deletion is durable, so that the name may be used again. Thread-safe.
    /// </summary>
    internal bool IsMarked => _isMarked;

    /// <summary>The number of consecutive failures.</summary>
    internal int Failures { get; set; }

    /// <summary>The time of the next step, on the pump's clock.</summary>
    internal long DueMs { get; set; }

    /// <summary>Marks the topic as deleted, durably.</summary>
    /// <exception cref="StorageException">It is not marked; a crash now leaves either the
    /// whole topic or its deletion.</exception>
    internal void Mark(IStorage storage, TopicStore store)
    {
        for (int i = 0; i < _topic!.Partitions; i++)
        {
            var partition = new TopicPartition(_topic.Name, i);
            string deleted = PartitionDirectory.Deleted(partition, _topic.TopicId);
            IoResult result = storage.Rename(PartitionDirectory.Of(partition), deleted);
            if (result != IoResult.NotFound) // Renamed before a step that failed.
            {
                result.ThrowIfFailed($"Renaming '{partition}'");
            }
        }

        // If the list lacked the topic before its folder was renamed, the folder would be
        // treated as foreign.
        storage.SyncDirectory("").ThrowIfFailed($"Flushing {storage.Description}");
        store.Remove(_topic);
        for (int i = 0; i < _topic.Partitions; i++)
        {
            _folders.Enqueue(PartitionDirectory.Deleted(new TopicPartition(_topic.Name, i), _topic.TopicId));
        }

        _isMarked = true;
    }

    /// <summary>Deletes a few files, or an empty folder; true if nothing is left.</summary>
    /// <exception cref="StorageException">A file or folder could not be deleted.</exception>
    internal bool Step(IStorage storage)
    {
        if (!_folders.TryPeek(out string? folder))
        {
            return true;
        }

        if (_files.Count == 0)
        {
            IoResult listed = storage.List(folder, out IReadOnlyList<string> names);
            if (listed != IoResult.NotFound)
            {
                listed.ThrowIfFailed($"Listing '{folder}'");
            }

            foreach (string name in names)
            {
                _files.Enqueue($"{folder}/{name}");
            }
        }

        for (int i = 0; i < FilesPerStep && _files.TryPeek(out string? path); i++)
        {
            Check(storage.Delete(path), path);
            _files.Dequeue();
        }

        if (_files.Count == 0)
        {
            Check(storage.DeleteDirectory(folder), folder);
            _folders.Dequeue();
        }

        return _folders.Count == 0;
    }

    private static void Check(IoResult deleted, string path)
    {
        if (deleted != IoResult.NotFound)
        {
            deleted.ThrowIfFailed($"Deleting '{path}'");
        }
    }
}
