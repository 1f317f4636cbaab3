namespace Zurau.Inspection;

/// <summary>
/// Contains the partitions of a data directory, or of one partition folder, and the
/// content of the checkpoints.
/// </summary>
internal sealed class DataRoot
{
    private DataRoot(IDataFiles files, IReadOnlyList<string> folders, bool isClean)
    {
        Files = files;
        Folders = folders;
        IsClean = isClean;
    }

    internal IDataFiles Files { get; }

    /// <summary>Gets the names of the partition folders, in ordinal order.</summary>
    internal IReadOnlyList<string> Folders { get; }

    /// <summary>Gets whether every log was flushed and closed.</summary>
    internal bool IsClean { get; }

    /// <summary>
    /// Gets a predicate that is true for partitions whose logs may have gaps.
    /// </summary>
    internal Func<TopicPartition, bool> IsCompacted { get; private init; } = static _ => false;

    /// <summary>Opens a directory; returns null if it contains no partition.</summary>
    /// <param name="files">The directory.</param>
    /// <param name="isClean">True after a clean shutdown; null to use the clean shutdown
    /// marker.</param>
    /// <param name="only">A folder; null for all.</param>
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

        // A single partition folder has no settings, so gaps are attributed to the
        // cleaner.
        return new DataRoot(files, folders, isClean ?? files.Exists(FileNames.CleanShutdown))
        {
            IsCompacted = partition => !isOurs || compacted.Contains(partition.Topic) || partition.Topic.StartsWith("__", StringComparison.Ordinal),
        };
    }
}
