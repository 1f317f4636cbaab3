namespace Zurau.Inspection;

/// <summary>
/// Checks the structure of a data directory of Zurau or Kafka: every batch, index,
/// snapshot and checkpoint, and their consistency. Read-only. No broker should have the
/// directory open: changes during the check may be reported as damage. Thread-safe.
/// </summary>
public static class DirectoryCheck
{
    /// <summary>Checks all partitions of a directory, or one of them.</summary>
    /// <param name="files">The directory.</param>
    /// <param name="isClean">True after a clean shutdown; null to use the clean shutdown
    /// marker.</param>
    /// <param name="folder">The folder of one partition; null for all.</param>
    /// <param name="isCompacted">True if offsets may be missing in logs; null to use the
    /// settings and checkpoints of the directory.</param>
    /// <returns>The findings; null if the directory contains neither a partition nor a
    /// file of Kafka.</returns>
    public static CheckReport? Run(IDataFiles files, bool? isClean = null, string? folder = null, bool? isCompacted = null)
    {
        ArgumentNullException.ThrowIfNull(files);
        if (DataRoot.Open(files, isClean, folder) is not { } root)
        {
            return null;
        }

        var report = new CheckReport();
        var checkpoints = new CheckpointCheck(root, report);
        checkpoints.Run(folder is null);
        foreach (string name in root.Folders)
        {
            // A partition folder with another name is checked too, but without checkpoint
            // entries.
            TopicPartition partition = FileNames.TryParsePartition(name, out TopicPartition parsed) ? parsed : new TopicPartition(name, 0);
            var check = new PartitionCheck(root, name, partition, isCompacted ?? root.IsCompacted(partition), checkpoints, report);
            check.Run();
            checkpoints.CompareWith(partition, name, check);
            report.Partitions++;
        }

        return report;
    }
}
