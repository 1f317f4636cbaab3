namespace Zurau.Inspection;

/// <summary>Represents a path of the command line.</summary>
/// <param name="Files">The data directory.</param>
/// <param name="Folder">The folder in it, if the path is a partition folder or a file in
/// one.</param>
/// <param name="File">The file, if the path is one.</param>
internal sealed record DataPath(IDataFiles Files, string? Folder, string? File)
{
    /// <summary>Resolves a path; returns null if it does not exist.</summary>
    internal static DataPath? Resolve(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        string? parent = Path.GetDirectoryName(full);
        if (System.IO.File.Exists(full) && parent is not null)
        {
            // Files outside of the partition folders have no folder.
            bool isInFolder = FileNames.TryParsePartition(Path.GetFileName(parent), out _) || System.IO.File.Exists(Path.Combine(parent, FileNames.PartitionMetadata)) || Path.GetExtension(full) == FileNames.Log;
            return isInFolder && Path.GetDirectoryName(parent) is { } root
                ? new DataPath(new DiskFiles(root), Path.GetFileName(parent), Path.GetFileName(full))
                : new DataPath(new DiskFiles(parent), "", Path.GetFileName(full));
        }

        if (!Directory.Exists(full))
        {
            return null;
        }

        bool isPartition = parent is not null && (Directory.EnumerateFiles(full, "*" + FileNames.Log).Any() || System.IO.File.Exists(Path.Combine(full, FileNames.PartitionMetadata)));
        return isPartition ? new DataPath(new DiskFiles(parent!), Path.GetFileName(full), null) : new DataPath(new DiskFiles(full), null, null);
    }
}
