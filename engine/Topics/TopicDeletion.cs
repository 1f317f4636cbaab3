using Zurau.Engine.Storage;

namespace Zurau.Engine.Topics;

/// <summary>
/// A topic that is being deleted, which nothing finds any more. It is marked first, durably: its folders are renamed and the list of topics
/// does not name it. From then on it is deleted, whatever happens; its files are deleted in bounded steps. Every step may be repeated. One
/// caller at a time.
/// </summary>
internal sealed class TopicDeletion
{
    /// <summary>How many files one step deletes at most.</summary>
    internal const int FilesPerStep = 16;

    private readonly TopicDescription? _topic; // Null if a startup found the folders.
    private readonly Queue<string> _folders = new();
    private readonly Queue<string> _files = new(); // Those left of the first folder, once it was listed.
    private volatile bool _isMarked;

    /// <summary>Begins the deletion of a topic whose logs were abandoned.</summary>
    internal TopicDeletion(TopicDescription topic)
    {
        _topic = topic;
        Name = topic.Name;
    }

    /// <summary>Goes on with folders that a deletion before this startup has left; they are marked.</summary>
    internal TopicDeletion(IEnumerable<string> folders)
    {
        _folders = new Queue<string>(folders);
        Name = _folders.Peek();
        _isMarked = true;
    }

    /// <summary>The topic, or the first folder.</summary>
    internal string Name { get; }

    /// <summary>Whether the topic is deleted for good, so that its name may be used again. Any thread.</summary>
    internal bool IsMarked => _isMarked;

    /// <summary>How often a step failed in a row.</summary>
    internal int Failures { get; set; }

    /// <summary>When the next step may be tried, by the pump's clock.</summary>
    internal long DueMs { get; set; }

    /// <summary>Marks the topic as deleted, durably.</summary>
    /// <exception cref="StorageException">It is not marked; a crash now leaves the topic whole or deleted.</exception>
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

        // A list without the topic and a folder with its old name would be taken for a stranger's.
        storage.SyncDirectory("").ThrowIfFailed($"Flushing {storage.Description}");
        store.Remove(_topic);
        for (int i = 0; i < _topic.Partitions; i++)
        {
            _folders.Enqueue(PartitionDirectory.Deleted(new TopicPartition(_topic.Name, i), _topic.TopicId));
        }

        _isMarked = true;
    }

    /// <summary>Deletes a few files, or a folder that is empty; true when nothing is left.</summary>
    /// <exception cref="StorageException">One could not be deleted.</exception>
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
