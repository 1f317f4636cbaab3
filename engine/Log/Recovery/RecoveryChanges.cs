using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// The files that a recovery deletes and truncates, collected while it reads: nothing is
/// changed before every segment was checked, so a refused partition stays unchanged. Not
/// thread-safe.
/// </summary>
internal sealed class RecoveryChanges(IStorage storage, string directory)
{
    private readonly List<string> _deletions = [];
    private readonly List<(LogSegment Segment, int Length)> _truncations = [];
    private bool _deletesSegments;

    /// <summary>
    /// Adds a file of the folder to delete; a file that does not exist is not an error.
    /// </summary>
    internal void Delete(string name)
    {
        _deletions.Add($"{directory}/{name}");
        _deletesSegments |= name.EndsWith(LogFiles.LogSuffix, StringComparison.Ordinal);
    }

    /// <summary>Adds the index files of a segment to delete.</summary>
    internal void DeleteIndexes(long baseOffset)
    {
        Delete(LogFiles.Of(baseOffset, LogFiles.OffsetIndexSuffix));
        Delete(LogFiles.Of(baseOffset, LogFiles.TimeIndexSuffix));
        Delete(LogFiles.Of(baseOffset, LogFiles.TransactionIndexSuffix));
    }

    /// <summary>Adds an open segment to truncate.</summary>
    internal void Truncate(LogSegment segment, int length) => _truncations.Add((segment, length));

    /// <summary>
    /// Applies the changes durably. Segments are deleted before a tail is truncated: a
    /// truncated tail no longer shows that what followed it was lost.
    /// </summary>
    /// <exception cref="StorageException">A change failed.</exception>
    internal void Apply()
    {
        foreach (string path in _deletions)
        {
            storage.Delete(path).UnlessNotFound().ThrowIfFailed($"Deleting '{path}'");
        }

        if (_deletesSegments)
        {
            storage.SyncDirectory(directory).ThrowIfFailed($"Flushing the directory '{directory}'");
        }

        // The append protocol relies on zeros after the end; the file is zero there when it
        // grows again. Flushed: a power loss must not restore the tail after records were
        // appended over it.
        foreach ((LogSegment segment, int length) in _truncations)
        {
            segment.File!.SetLength(length).ThrowIfFailed($"Truncating '{segment.Path}'");
            segment.File!.FlushData().ThrowIfFailed($"Flushing '{segment.Path}'");
        }

        _deletions.Clear();
        _truncations.Clear();
        _deletesSegments = false;
    }
}
