using Zurau.Engine.Storage;

namespace Zurau.Engine.Log.Cleaning;

/// <summary>
/// Puts a cleaned segment in the place of its sources so that a crash leaves the one or the others: the complete files become <c>.swap</c>,
/// durably, which is the moment from which startup finishes the work; then the sources become <c>.deleted</c>, durably, and the new
/// files get their names. A failure before that moment leaves the log as it was; what fails after it, <see cref="SegmentRemover.Settle"/>
/// tries again before anything else changes. <see cref="SwapRecovery"/> is the other half. The caller holds the log's upkeep lock.
/// </summary>
internal static class SegmentSwap
{
    /// <summary>
    /// Replaces; false if the sources are not in the log any more. Unless it returns true, the log has its sources and the caller deletes the files
    /// of the cleaned segment.
    /// </summary>
    /// <param name="log">The log.</param>
    /// <param name="sources">What the segment was made from.</param>
    /// <param name="cleaned">The segment.</param>
    /// <param name="cleanedOffset">Everything below is clean then.</param>
    /// <param name="nowMs">Monotonic milliseconds.</param>
    /// <param name="settled">If it returns true: why names are still to be changed. The log is whole all the same.</param>
    /// <exception cref="StorageException">The sources could not be opened, or a name could not be changed.</exception>
    internal static bool TryReplace(LogUpkeep log, LogSegment[] sources, LogSegment cleaned, long cleanedOffset, long nowMs, out IoResult settled)
    {
        SegmentRemover remover = log.Remover;
        settled = remover.Settle(nowMs);
        settled.ThrowIfFailed($"Changing names of segments of {log.Context.Partition}");
        LogSegment[] segments = log.Segments.All;
        int at = Array.IndexOf(segments, sources[0]);
        if (at < 0 || !segments.AsSpan(at).StartsWith(sources))
        {
            return false;
        }

        IoResult pinned = remover.Pin(sources);
        pinned.ThrowIfFailed($"Opening the segments of {log.Context.Partition} that were cleaned");
        bool isReplaced = false;
        try
        {
            Rename(log, cleaned);
            log.Context.Hooks?.At(LogPoint.CleanSwapping, cleaned);
            cleaned.SetSuccessor(segments[at + sources.Length]);
            if (!remover.TryReplace(sources, cleaned))
            {
                throw new InvalidOperationException($"Segments of {log.Context.Partition} changed places under the upkeep lock.");
            }

            isReplaced = true;

            // From here on offsets may be missing below, also for those who come when the log is not compacted any more.
            log.CleanedOffset = cleanedOffset;
            log.Context.Hooks?.At(LogPoint.CleanReplaced, cleaned);
        }
        finally
        {
            try
            {
                if (isReplaced)
                {
                    if (at > 0)
                    {
                        // A reader in the segment before finds the new one; what the old ones held can be collected.
                        Volatile.Write(ref segments[at - 1].Next, cleaned);
                    }

                    remover.GiveUp(sources); // Whatever was thrown: a reader that finds one of them must find it closed.
                }
            }
            finally
            {
                SegmentRemover.Unpin(sources, pinned);
            }
        }

        settled = remover.Settle(nowMs);
        return true;
    }

    /// <summary>Indexes first: while <c>.log.cleaned</c> is there, startup deletes all of them.</summary>
    private static void Rename(LogUpkeep log, LogSegment cleaned)
    {
        foreach (string suffix in LogFiles.SegmentSuffixes.Reverse())
        {
            string path = $"{log.Context.Directory.Path}/{LogFiles.Of(cleaned.BaseOffset, suffix)}";
            IoResult result = log.Context.Directory.Storage.Rename(path + LogFiles.CleanedSuffix, path + LogFiles.SwapSuffix);
            if (!result.IsOk && (result != IoResult.NotFound || suffix == LogFiles.LogSuffix))
            {
                result.ThrowIfFailed($"Renaming '{path}{LogFiles.CleanedSuffix}'");
            }
        }

        log.Context.Directory.Sync().ThrowIfFailed($"Flushing the directory '{log.Context.Directory.Path}'");
    }
}
