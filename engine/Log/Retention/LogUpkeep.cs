using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// The operations and state that retention and cleaning need of a log. One of them works on a
/// log at a time, in steps under <see cref="Lock"/>; readers and appenders do not use it.
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
    /// Held for a step of retention or cleaning, and by a close or a change of settings, which
    /// exclude such steps. File operations run under it.
    /// </summary>
    internal IoLock Lock { get; } = new(context.Hooks);

    /// <summary>
    /// Removes segments from the log and their files from the disk, and replaces the sources of
    /// cleaned segments.
    /// </summary>
    internal SegmentRemover Remover { get; } = new(context, segments, indexer);

    internal LeaderEpochs LeaderEpochs => leaderEpochs;

    /// <summary>
    /// The offset below which the log was cleaned; 0 if it never was. Changed under the lock.
    /// </summary>
    internal long CleanedOffset
    {
        get => offsets.CleanedOffset;
        set => offsets.CleanedOffset = value;
    }

    /// <summary>
    /// A lower bound of the log start offset after a restart: it was recovered, or is in the
    /// checkpoint. Only grows.
    /// </summary>
    internal long WrittenStartOffset
    {
        get => Volatile.Read(ref _writtenStartOffset);
        set => Volatile.Write(ref _writtenStartOffset, Math.Max(Volatile.Read(ref _writtenStartOffset), value));
    }

    /// <summary>
    /// Allows missing offsets in every part of the log that may have been cleaned: a crash may
    /// have prevented the checkpoint of a cleaning, and a log that is no longer compacted has
    /// no other record of its gaps. Also up to its last gap: recovery accepts one after the
    /// recovery point if the name of a segment was lost, as if it were the cleaner's.
    /// </summary>
    internal void AllowGapsWhereCleaned()
    {
        using (Lock.Enter())
        {
            LogSegment[] all = segments.All;
            int last = all.Length - 1;
            while (last > 0 && all[last - 1].BaseOffset + SegmentWord.RelativeOffset(Volatile.Read(ref all[last - 1].Published)) == all[last].BaseOffset)
            {
                last--;
            }

            long gapsEnd = last > 0 ? all[last].BaseOffset : 0;
            CleanedOffset = Math.Max(CleanedOffset, Math.Max(gapsEnd, Math.Min(segments.Active.BaseOffset, recoveryPoint.Read())));
        }
    }

    /// <summary>
    /// Marks the whole log as dirty: records that were appended while the log was not compacted
    /// were not cleaned.
    /// </summary>
    internal void MarkAllDirty()
    {
        using (Lock.Enter())
        {
            CleanedOffset = 0;
        }
    }

    /// <summary>
    /// The offset at or below which segments that end there are final: published to their seals
    /// and indexed.
    /// </summary>
    internal long FinalEnd => indexer.Segment.BaseOffset;

    /// <summary>Copies the current producers; null if they are not known.</summary>
    internal IReadOnlyDictionary<long, LoggedProducer>? CopyProducers() => indexer.CopyProducers();

    /// <summary>
    /// Flushes a log that has begun a segment since its last flush, and the index files of
    /// those that are full, recovered ones too. Returns the first failure; the recovery point
    /// does not pass what it concerns, and the next call tries again.
    /// </summary>
    internal IoResult FlushSealed()
    {
        indexer.CatchUp(); // An earlier attempt may have failed to read a segment, and no append has followed since.

        // A failed log is reported already, and is not flushed any more.
        IoResult result = context.Lifecycle.State == LogState.Open && !context.Lifecycle.HasFailed && segments.Active.BaseOffset > flusher.DurableEnd ? flusher.FlushNow() : IoResult.Ok;

        // Under the lock, so that no index file is written for a segment that was just removed
        // or replaced.
        using (Lock.Enter())
        {
            foreach (LogSegment segment in context.Lifecycle.State == LogState.Open ? segments.All : [])
            {
                IndexFilesState state = segment.IndexFilesState;
                bool isStale = state == IndexFilesState.Stale && segment.BaseOffset < FinalEnd;
                IoResult written = isStale || state == IndexFilesState.Written ? IndexFiles.Complete(context.Directory.Storage, context.Directory.Path, [segment]) : IoResult.Ok;
                result = result.IsOk ? written : result;

                // A full segment that is flushed can be found by its path, and so can its index
                // files.
                if (segment.BaseOffset < FinalEnd && segment.IsFlushed && !Remover.HasPending && segment.IndexFilesState == IndexFilesState.Durable)
                {
                    IndexFiles.DropMemory(indexCache, context.Directory.Path, segment);
                }
            }
        }

        return result;
    }

    /// <summary>
    /// Begins a new segment after one that has records; does nothing if there is one already.
    /// Then the offsets of the old one, and what is derived from its records, are final.
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
            segment.ReleaseAppend(); // A close waits for this lease.
        }

        indexer.CatchUp();
        return result;
    }
}
