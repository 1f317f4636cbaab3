using Zurau.Engine.Common;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// Begins the next segment. Every step may be repeated by any appender that finds the segment
/// sealed and not linked yet, so no appender waits for another: create a spare, seal, truncate
/// the old file, rename the spare, link it.
/// </summary>
internal sealed class SegmentRoller(LogContext context, SegmentList segments, PublishedEnd published, LogIndexer indexer, LogFlusher flusher)
{
    private const string SpareStays = "the next open deletes the spares that it finds, and the name is not used again before";
    private volatile bool _isFirstNamed; // Whether the name of the first segment is certainly on disk; the flusher has a flag too.
    private int _spares; // Makes the names of spares unique in this process run; those of an earlier one are deleted at open.

    /// <summary>
    /// Seals a segment and begins the next. With no space for a spare it stays unsealed and the
    /// append is an error.
    /// </summary>
    internal IoResult Roll(LogSegment segment)
    {
        IoResult result = Prepare(segment);
        if (!result.IsOk)
        {
            return result;
        }

        context.Hooks?.At(LogPoint.RollPrepared);
        Interlocked.Or(ref segment.Reservation, SegmentWord.Seal);
        context.Hooks?.At(LogPoint.RollSealed, segment);
        return Finish(segment);
    }

    /// <summary>Creates the next segment's file if there is none yet.</summary>
    internal IoResult Prepare(LogSegment segment) => Volatile.Read(ref segment.Spare) is null ? MakeSpare(segment) : IoResult.Ok;

    /// <summary>
    /// Deletes the file of a spare that is not needed any more: the log is closed.
    /// </summary>
    internal void Discard(LogSegment segment)
    {
        if (Volatile.Read(ref segment.Next) is null && Volatile.Read(ref segment.Spare) is { SparePath: { } path } spare)
        {
            spare.Release();
            context.Directory.Storage.Delete(path).IgnoreBecause(SpareStays);
        }
    }

    /// <summary>
    /// Completes the roll of a sealed segment: truncates it, then renames and links its
    /// successor.
    /// </summary>
    internal IoResult Finish(LogSegment segment)
    {
        long word = Volatile.Read(ref segment.Reservation);
        LogSegment? spare = Volatile.Read(ref segment.Spare);
        if (spare is null)
        {
            return IoResult.Ok; // Sealed by Close: it has no successor.
        }

        if (Volatile.Read(ref segment.Next) is null)
        {
            IoResult result = segment.Trim(word);
            if (!result.IsOk)
            {
                return result;
            }

            long baseOffset = segment.BaseOffset + SegmentWord.RelativeOffset(word);
            string sparePath = spare.SparePath!;
            string path = $"{context.Directory.Path}/{LogFiles.Segment(baseOffset)}";
            result = SyncFirst();
            result = result.IsOk ? context.Directory.Storage.Rename(sparePath, path) : result;
            if (!result.IsOk && (result != IoResult.NotFound || !WasNamed(segment, path)))
            {
                return result;
            }

            spare.Name(path, baseOffset);
            flusher.NoteDirectoryChanged();
            context.Hooks?.At(LogPoint.RollNamed);
        }

        Link(segment, spare);
        return IoResult.Ok;
    }

    private void Link(LogSegment segment, LogSegment next)
    {
        bool isLinker = segments.Link(segment, next);

        // A push that saw the sealed end before the link existed has stopped there. Partner:
        // the read of Next in TryPush.
        if (published.TryPush(segment))
        {
            indexer.FollowPush();
        }

        if (isLinker)
        {
            segments.NoteFull(segment);
        }
    }

    // A new folder is flushed with the first flush. If a power loss lost its first segment's
    // name and kept the second's, the log would begin there; a later missing name is detected
    // and ends the log.
    private IoResult SyncFirst()
    {
        if (_isFirstNamed || flusher.IsFolderDurable)
        {
            return IoResult.Ok;
        }

        IoResult result = context.Directory.Sync();
        _isFirstNamed = result.IsOk;
        return result;
    }

    /// <summary>
    /// Whether another helper has renamed the spare: then the new name exists until the segment
    /// is linked, because the old name is never used again in this process run. Otherwise the
    /// spare's file was deleted from outside, and records in it would have no name.
    /// </summary>
    private bool WasNamed(LogSegment segment, string path)
    {
        IoResult result = context.Directory.Storage.Open(path, FileOpening.Existing, out IStorageFile? file);
        file?.Dispose();
        return result.IsOk || Volatile.Read(ref segment.Next) is not null;
    }

    private IoResult MakeSpare(LogSegment segment)
    {
        string path = $"{context.Directory.Path}/{Interlocked.Increment(ref _spares):D20}{LogFiles.SpareSuffix}";
        IoResult result = context.Directory.Storage.Open(path, FileOpening.Truncated, out IStorageFile? file);
        if (!result.IsOk)
        {
            return result;
        }

        var spare = new LogSegment(file!, path, -1, context.Settings.Value.SegmentBytes, 0) { SparePath = path, CreatedMs = context.NowMs, Hooks = context.Hooks };
        result = spare.EnsureMapped(context.Directory.Storage, out _);
        result = result.IsOk ? spare.Extend(1) : result;
        if (!result.IsOk || Interlocked.CompareExchange(ref segment.Spare, spare, null) is not null)
        {
            spare.Release();
            context.Directory.Storage.Delete(path).IgnoreBecause(SpareStays);
        }

        return result;
    }
}
