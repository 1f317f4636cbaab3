namespace Zurau.Harness.Inspection;

/// <summary>
/// Checks the structure of a Kafka data directory, ours or Kafka's: every batch, index, snapshot and checkpoint, and that they agree.
/// Reads only. The directory should not be open in a running broker: what moves meanwhile looks like damage.
/// </summary>
public static class DirectoryCheck
{
    /// <summary>Checks all partitions of a directory, or those that are asked for.</summary>
    /// <param name="files">The directory.</param>
    /// <param name="isClean">Whether it was closed in good order; null: as its marker says.</param>
    /// <param name="folder">The folder of one partition; null for all.</param>
    /// <param name="isCompacted">Whether logs may have gaps; null: as the directory's settings and checkpoints say.</param>
    /// <returns>What was found; null where there is no partition and no sign of Kafka.</returns>
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
            // A partition's folder by any other name is still one, only its checkpoints are not found.
            TopicPartition partition = FileNames.TryParsePartition(name, out TopicPartition parsed) ? parsed : new TopicPartition(name, 0);
            var check = new PartitionCheck(root, name, partition, isCompacted ?? root.IsCompacted(partition), checkpoints, report);
            check.Run();
            checkpoints.CompareWith(partition, name, check);
            report.Partitions++;
        }

        return report;
    }
}
