using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// What retention and cleaning need of a log beside its records. One of them works on a log at a time, in steps under <see cref="Lock"/>;
/// readers and appenders know nothing of it.
/// </summary>
internal sealed class LogUpkeep(
    LogContext context,
    SegmentList segments,
    LogOffsets offsets,
    LogIndexer indexer,
    SegmentRoller roller,
    LogFlusher flusher,
    RecoveryPoint recoveryPoint,
    LeaderEpochs leaderEpochs,
    IndexCache indexCache)
{
    private long _writtenStartOffset = offsets.Start;

    internal LogContext Context => context;

    internal SegmentList Segments => segments;

    internal LogOffsets Offsets => offsets;

    /// <summary>
    /// Held for a step of retention or cleaning, and by whoever ends such steps: a close, a change of settings. Under it are file operations.
    /// </summary>
    internal IoLock Lock { get; } = new(context.Hooks);

    /// <summary>Removes segments from the log and their files from the disk, and puts cleaned ones in their place.</summary>
    internal SegmentRemover Remover { get; } = new(context, segments, indexer);

    internal LeaderEpochs LeaderEpochs => leaderEpochs;

    /// <summary>Up to where the log was cleaned; 0 where it never was. Changed under the lock.</summary>
    internal long CleanedOffset
    {
        get => offsets.CleanedOffset;
        set => offsets.CleanedOffset = value;
    }

    /// <summary>
    /// The log start that a restart finds at least: it was recovered, or is in its checkpoint. Only up.
    /// </summary>
    internal long WrittenStartOffset
    {
        get => Volatile.Read(ref _writtenStartOffset);
        set => Volatile.Write(ref _writtenStartOffset, Math.Max(Volatile.Read(ref _writtenStartOffset), value));
    }

    /// <summary>
    /// Allows missing offsets wherever the log may have been cleaned: a crash may have prevented the note of a cleaning, and a log that is no longer
    /// compacted has no other note of its gaps.
    /// </summary>
    internal void AllowGapsWhereCleaned()
    {
        using (Lock.Enter())
        {
            CleanedOffset = Math.Max(CleanedOffset, Math.Min(segments.Active.BaseOffset, recoveryPoint.Read()));
        }
    }

    /// <summary>Has everything cleaned again: records that were appended while the log was not compacted were not examined.</summary>
    internal void MarkAllDirty()
    {
        using (Lock.Enter())
        {
            CleanedOffset = 0;
        }
    }

    /// <summary>Segments that end here or before are final: published to their seals and indexed.</summary>
    internal long FinalEnd => indexer.Segment.BaseOffset;

    /// <summary>The producers as they are now; null where they cannot be known.</summary>
    internal IReadOnlyDictionary<long, LoggedProducer>? CopyProducers() => indexer.CopyProducers();

    /// <summary>
    /// Flushes a log that has begun a segment since its last flush, and the index files of those that are full, recovered ones too. Returns
    /// the first failure; the recovery point does not pass what it concerns, and the next call tries again.
    /// </summary>
    internal IoResult FlushSealed()
    {
        indexer.CatchUp(); // It may have found a segment that could not be read, and no append has come since.

        // A log that has failed is shown as failed, and is not flushed any more.
        IoResult result = context.Lifecycle.State == LogState.Open && !context.Lifecycle.HasFailed && segments.Active.BaseOffset > flusher.DurableEnd ? flusher.FlushNow() : IoResult.Ok;

        // Under the lock, so that none is written for a segment that has just been removed or replaced.
        using (Lock.Enter())
        {
            foreach (LogSegment segment in context.Lifecycle.State == LogState.Open ? segments.All : [])
            {
                int state = Volatile.Read(ref segment.IndexFilesState);
                bool isStale = state == IndexFiles.Stale && segment.BaseOffset < FinalEnd;
                IoResult written = isStale || state == IndexFiles.Written ? IndexFiles.Complete(context.Directory.Storage, context.Directory.Path, [segment]) : IoResult.Ok;
                result = result.IsOk ? written : result;

                // A full segment that is flushed can be found by its path, and so can its index files.
                if (segment.BaseOffset < FinalEnd && segment.IsFlushed && !Remover.HasPending && Volatile.Read(ref segment.IndexFilesState) == IndexFiles.Durable)
                {
                    IndexFiles.DropMemory(indexCache, context.Directory.Path, segment);
                }
            }
        }

        return result;
    }

    /// <summary>
    /// Begins a new segment after one that has records; nothing happens if there is one already. The old one's offsets, and what follows from
    /// them, are final then.
    /// </summary>
    internal IoResult Roll(LogSegment segment)
    {
        if (!segment.TryAcquireForAppend())
        {
            return IoResult.Ok;
        }

        IoResult result;
        try
        {
            bool mayRoll = context.Lifecycle.State == LogState.Open && !context.Lifecycle.HasFailed && SegmentWord.Position(Volatile.Read(ref segment.Reservation)) > 0;
            result = mayRoll ? roller.Roll(segment) : IoResult.Ok;
        }
        finally
        {
            segment.ReleaseAppend(); // A close waits for it.
        }

        indexer.CatchUp();
        return result;
    }
}
