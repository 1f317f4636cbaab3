using Zurau.Engine.Storage;

namespace Zurau.Engine.Log.Cleaning;

/// <summary>
/// Puts a cleaned segment in the place of its sources so that a crash leaves the one or the others: the complete files become <c>.swap</c>,
/// durably, which is the moment from which on a start finishes the work; then the sources become <c>.deleted</c>, durably, and the new
/// files get their names. <see cref="SwapRecovery"/> is the other half. The caller holds the log's upkeep lock.
/// </summary>
internal static class SegmentSwap
{
    /// <summary>Replaces; false where the sources are not in the log any more, with the cleaned files as they were.</summary>
    /// <exception cref="StorageException">A name could not be changed; the next start brings files and log together.</exception>
    internal static bool TryReplace(PartitionLog log, LogSegment[] sources, LogSegment cleaned, long cleanedOffset, long nowMs)
    {
        LogSegment[] segments = log.Segments;
        int at = Array.IndexOf(segments, sources[0]);
        if (at < 0 || !segments.AsSpan(at).StartsWith(sources))
        {
            return false;
        }

        // The log last: a .cleaned file that is left makes a start throw all of them away.
        Rename(log, cleaned, LogFiles.CleanedSuffix, LogFiles.SwapSuffix);
        log.Settings.Hooks?.At(LogPoint.CleanSwapping, cleaned);
        cleaned.SetSuccessor(segments[at + sources.Length]);
        if (!log.Upkeep.TryReplace(sources, cleaned))
        {
            throw new InvalidOperationException($"Segments of {log.Partition} changed places under the upkeep lock.");
        }

        // From here on offsets may be missing below, also for those who come when the log is not compacted any more.
        log.Upkeep.CleanedOffset = cleanedOffset;
        log.Settings.Hooks?.At(LogPoint.CleanReplaced, cleaned);
        if (at > 0)
        {
            // Who stands in the segment before finds the new one; what the old ones held can be collected.
            Volatile.Write(ref segments[at - 1].Next, cleaned);
        }

        log.Upkeep.Remover.GiveUp(sources, cleaned);
        log.Upkeep.Remover.Rename(nowMs).ThrowIfFailed($"Renaming the segments of {log.Partition} that were cleaned");
        log.Settings.Hooks?.At(LogPoint.CleanRenaming, cleaned);
        Rename(log, cleaned, LogFiles.SwapSuffix, "");
        log.Settings.Hooks?.At(LogPoint.CleanSwapped, cleaned);
        cleaned.IsFlushed = true; // From here on it can be found by its path, so its file may be closed.
        log.Cache?.Add(cleaned);
        return true;
    }

    private static void Rename(PartitionLog log, LogSegment cleaned, string from, string to)
    {
        foreach (string suffix in LogFiles.SegmentSuffixes.Reverse())
        {
            string path = $"{log.Directory}/{LogFiles.Of(cleaned.BaseOffset, suffix)}";
            IoResult result = log.Storage.Rename(path + from, path + to);
            if (!result.IsOk && (result != IoResult.NotFound || suffix == LogFiles.LogSuffix))
            {
                result.ThrowIfFailed($"Renaming '{path}{from}'");
            }
        }

        log.Storage.SyncDirectory(log.Directory).ThrowIfFailed($"Flushing the directory '{log.Directory}'");
    }
}
