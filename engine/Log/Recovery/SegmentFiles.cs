using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>Finds the segments in a partition's folder when it is opened.</summary>
internal static class SegmentFiles
{
    /// <summary>
    /// Finishes an interrupted cleaning and returns the base offsets of the segments, ascending.
    /// </summary>
    /// <param name="storage">The data directory.</param>
    /// <param name="directory">The partition's folder in it.</param>
    /// <param name="changes">Receives the deletion of leftover files, and of index files
    /// without a segment.</param>
    /// <param name="names">The names of all files in the folder.</param>
    /// <exception cref="StorageException">The folder cannot be read, or contains messages of an
    /// old format in a segment of an interrupted cleaning.</exception>
    internal static List<long> Find(IStorage storage, string directory, RecoveryChanges changes, out IReadOnlyList<string> names)
    {
        storage.List(directory, out names).ThrowIfFailed($"Listing '{directory}'");
        OldFormatCheck.RefuseSwaps(storage, directory, names);
        if (SwapRecovery.Finish(storage, directory, names))
        {
            storage.List(directory, out names).ThrowIfFailed($"Listing '{directory}'");
        }

        var baseOffsets = new List<long>();
        var indexes = new List<(string Name, long BaseOffset)>();
        foreach (string name in names)
        {
            if (LogFiles.IsLeftover(name))
            {
                changes.Delete(name);
            }
            else if (LogFiles.TryParseSegment(name, out long baseOffset))
            {
                baseOffsets.Add(baseOffset);
            }
            else if (LogFiles.TryParseIndex(name, out long indexOffset))
            {
                indexes.Add((name, indexOffset));
            }
        }

        // Names are in ordinal order, so the offsets ascend.
        foreach ((string name, long indexOffset) in indexes)
        {
            if (baseOffsets.BinarySearch(indexOffset) < 0)
            {
                changes.Delete(name);
            }
        }

        return baseOffsets;
    }
}
