using Zurau.Engine.Storage;

namespace Zurau.Engine.Log.Cleaning;

/// <summary>
/// Replaces the sources of a cleaned segment so that a crash leaves either the sources or the
/// cleaned segment. First the complete files are durably renamed to <c>.swap</c>: from this
/// commit point on, startup finishes the swap. Then the sources are durably renamed to
/// <c>.deleted</c>, and the new files get their names. A failure before the commit point leaves
/// the log unchanged; after it <see cref="SegmentRemover.Settle"/> repeats the failed step
/// before anything else changes. <see cref="SwapRecovery"/> completes the swap after a crash.
/// The caller holds the log's upkeep lock.
/// </summary>
internal static class SegmentSwap
{
    /// <summary>
    /// Replaces the sources; false if they are no longer in the log. Unless it returns true,
    /// the log keeps its sources and the caller deletes the files of the cleaned segment.
    /// </summary>
    /// <param name="log">The log.</param>
    /// <param name="sources">The segments that were cleaned.</param>
    /// <param name="cleaned">The cleaned segment.</param>
    /// <param name="cleanedOffset">Everything below is clean after the swap.</param>
    /// <param name="nowMs">Monotonic milliseconds.</param>
    /// <param name="settled">If it returns true: the error of pending renames. The log is
    /// complete anyway.</param>
    /// <exception cref="StorageException">The sources could not be opened, or a file could not
    /// be renamed.</exception>
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
                throw new InvalidOperationException($"Segments of {log.Context.Partition} changed under the upkeep lock.");
            }

            isReplaced = true;

            // From here on offsets may be missing below, also for readers after the log is no
            // longer compacted.
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
                        // A reader in the previous segment finds the new one; the old ones can
                        // be garbage-collected.
                        Volatile.Write(ref segments[at - 1].Next, cleaned);
                    }

                    remover.GiveUp(sources); // Even if an exception was thrown: a reader that finds one of them must find it closed.
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

    /// <summary>
    /// Renames the indexes first: while <c>.log.cleaned</c> exists, startup deletes all of
    /// them.
    /// </summary>
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
