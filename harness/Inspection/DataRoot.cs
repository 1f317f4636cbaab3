namespace Zurau.Harness.Inspection;

/// <summary>The partitions of a data directory and what its checkpoints say; of a directory that is one partition's folder only that one.</summary>
internal sealed class DataRoot
{
    private DataRoot(IDataFiles files, IReadOnlyList<string> folders, bool isClean)
    {
        Files = files;
        Folders = folders;
        IsClean = isClean;
    }

    internal IDataFiles Files { get; }

    /// <summary>Names of the partitions' folders, in ordinal order.</summary>
    internal IReadOnlyList<string> Folders { get; }

    /// <summary>Whether every log was flushed and closed.</summary>
    internal bool IsClean { get; }

    /// <summary>Partitions whose logs may have gaps; all where nobody says.</summary>
    internal Func<TopicPartition, bool> IsCompacted { get; private init; } = static _ => false;

    /// <summary>Looks at a directory; null where it holds no partition.</summary>
    /// <param name="files">The directory.</param>
    /// <param name="isClean">Whether it was closed in good order; null: as its marker says.</param>
    /// <param name="only">A folder, where not all are meant.</param>
    internal static DataRoot? Open(IDataFiles files, bool? isClean = null, string? only = null)
    {
        string[] folders = [.. (files.List("") ?? []).Where(name => only is null ? FileNames.TryParsePartition(name, out _) : name == only).Where(name => files.List(name) is not null)];
        bool isOurs = files.Exists(FileNames.MetaProperties) || files.Exists(FileNames.Topics);
        if (folders.Length == 0 && !isOurs)
        {
            return null;
        }

        HashSet<string> compacted = [];
        if (files.ReadText(FileNames.CleanerOffsets) is { } cleaned && TextCheckpoint.ReadOffsets(cleaned, out _) is { } cleanerOffsets)
        {
            compacted.UnionWith(cleanerOffsets.Keys.Select(static partition => partition.Topic));
        }

        if (TopicList.Read(files, out _, out _) is { } entries)
        {
            compacted.UnionWith(entries.Where(static topic => topic.IsCompacted).Select(static topic => topic.Name));
        }

        // A folder that was copied out of its directory: nothing says whether it is compacted, so gaps are taken as the cleaner's.
        return new DataRoot(files, folders, isClean ?? files.Exists(FileNames.CleanShutdown))
        {
            IsCompacted = partition => !isOurs || compacted.Contains(partition.Topic) || partition.Topic.StartsWith("__", StringComparison.Ordinal),
        };
    }
}
