namespace Zurau.Inspection;

/// <summary>
/// Checks the files outside of the partition folders, and that their offsets are within
/// the logs.
/// </summary>
internal sealed class CheckpointCheck(DataRoot root, CheckReport report)
{
    private readonly Dictionary<string, Dictionary<TopicPartition, long>> _offsets = [];
    private IReadOnlyList<TopicEntry>? _topics;
    private IReadOnlySet<string> _newer = new HashSet<string>(); // Topics that the offset checkpoints do not cover.

    internal long RecoveryPoint(TopicPartition partition) => Of(FileNames.RecoveryPoints, partition) ?? 0;

    internal long LogStart(TopicPartition partition) => Of(FileNames.LogStarts, partition) ?? 0;

    /// <param name="isWholeDirectory">True if all partitions are checked, so that missing
    /// and unknown ones can be detected.</param>
    internal void Run(bool isWholeDirectory)
    {
        foreach (string name in (string[])[FileNames.RecoveryPoints, FileNames.LogStarts, FileNames.HighWatermarks, FileNames.CleanerOffsets])
        {
            if (root.Files.ReadText(name) is not { } text)
            {
                continue;
            }

            if (TextCheckpoint.ReadOffsets(text, out string problem) is { } offsets)
            {
                _offsets[name] = offsets;
            }
            else
            {
                Add(FindingKind.Checkpoint, name, -1, problem, "Delete it: the next startup then checks the logs from their beginning");
            }
        }

        if (isWholeDirectory)
        {
            CheckTopics();
            CheckMetaProperties();
            CheckFolders();
        }
    }

    internal void CompareWith(TopicPartition partition, string folder, PartitionCheck log)
    {
        bool isUnclean = !root.IsClean;
        Compare(FileNames.RecoveryPoints, partition, log.EndOffset, isExpected: false);
        Compare(FileNames.HighWatermarks, partition, log.EndOffset, isUnclean);
        Compare(FileNames.CleanerOffsets, partition, log.EndOffset, isUnclean);
        Compare(FileNames.LogStarts, partition, log.EndOffset, isUnclean);
        if (_topics?.FirstOrDefault(topic => topic.Name == partition.Topic) is { } topic
            && root.Files.ReadText($"{folder}/{FileNames.PartitionMetadata}") is { } metadata
            && !metadata.Contains(topic.Id, StringComparison.Ordinal))
        {
            Add(FindingKind.Metadata, $"{folder}/{FileNames.PartitionMetadata}", -1, $"its topic id differs from that of '{topic.Name}' in {FileNames.Topics} ({topic.Id})", "The folder belongs to another topic of the same name: move it out of the data directory");
        }
    }

    private void Compare(string name, TopicPartition partition, long endOffset, bool isExpected)
    {
        if (Of(name, partition) is { } offset && (offset < 0 || offset > endOffset))
        {
            report.Add(new Finding(FindingKind.Checkpoint, name, -1, offset, $"it contains {offset} for {partition}, but the log ends at {endOffset}", name == FileNames.RecoveryPoints ? "Flushed records are missing: restore the log from a copy" : "The next startup uses the end offset of the log"), isExpected);
        }
    }

    private void CheckTopics()
    {
        if (!root.Files.Exists(FileNames.Topics))
        {
            return;
        }

        _topics = TopicList.Read(root.Files, out _newer, out string problem);
        if (_topics is null)
        {
            Add(FindingKind.Metadata, FileNames.Topics, -1, problem, "Delete it: the next startup then reads the topics from the partition folders, without their settings");
            return;
        }

        var expected = new HashSet<string>(_topics.SelectMany(static topic => Enumerable.Range(0, topic.Partitions).Select(i => $"{topic.Name}-{i}")));
        foreach (string missing in expected.Except(root.Folders).Order(StringComparer.Ordinal))
        {
            Add(FindingKind.Metadata, FileNames.Topics, -1, $"partition {missing} has no folder", "Restore the folder from a copy, or create an empty one");
        }

        foreach (string strange in root.Folders.Except(expected).Where(folder => root.Files.List(folder) is not []))
        {
            // A topic is added to the checkpoint last, so a crash during its creation
            // leaves folders of an unknown topic. Empty folders are not reported.
            report.Add(new Finding(FindingKind.Metadata, strange, -1, -1, $"{FileNames.Topics} does not contain this partition, so it is not served", "Move the folder out of the data directory, or delete the checkpoint so that the next startup uses all folders"), isExpected: !root.IsClean);
        }
    }

    private void CheckMetaProperties()
    {
        if (root.Files.ReadText(FileNames.MetaProperties) is not { } text)
        {
            return;
        }

        var properties = text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(static line => line[0] != '#')
            .Select(static line => line.Split('=', 2))
            .GroupBy(static pair => pair[0])
            .ToDictionary(static pair => pair.Key, static pair => pair.Last().Length > 1 ? pair.Last()[1] : "");
        string[] needed = properties.GetValueOrDefault("version") == "0" ? ["broker.id"] : ["cluster.id", "node.id", "directory.id"];
        string[] missing = [.. needed.Where(key => properties.GetValueOrDefault(key, "").Length == 0)];
        if (properties.GetValueOrDefault("version") is not ("0" or "1") || missing.Length > 0)
        {
            Add(FindingKind.Metadata, FileNames.MetaProperties, -1, $"its version is '{properties.GetValueOrDefault("version")}' and these keys are missing: {string.Join(", ", missing)}", "Delete it: the next startup creates it");
        }
    }

    private void CheckFolders()
    {
        foreach (string name in root.Files.List("") ?? [])
        {
            if (name.EndsWith("-delete", StringComparison.Ordinal) || FileNames.Leftovers.Any(suffix => name.EndsWith(suffix, StringComparison.Ordinal)))
            {
                report.Add(new Finding(FindingKind.Leftover, name, -1, -1, "its creation or deletion was interrupted", "The next startup deletes it"), isExpected: true);
            }
        }
    }

    private long? Of(string name, TopicPartition partition) =>
        !_newer.Contains(partition.Topic) && _offsets.TryGetValue(name, out Dictionary<TopicPartition, long>? offsets) && offsets.TryGetValue(partition, out long offset) ? offset : null;

    private void Add(FindingKind kind, string path, long offset, string what, string advice) =>
        report.Add(new Finding(kind, path, -1, offset, what, advice), isExpected: false);
}
