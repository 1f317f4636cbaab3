using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// Removes segments from a log and their files from the disk, and replaces the sources of
/// cleaned segments. The list of segments changes first, so that no thread finds the old ones;
/// then files are renamed, strictly in order, each step durable before the next. If a rename
/// fails, the next call tries it again, and nothing after it changes before it has succeeded,
/// so that the disk always has a state that startup can recover. Files are deleted after
/// <c>file.delete.delay.ms</c>, when there are no leases on the segment. Every member needs the
/// log's upkeep lock unless its documentation states otherwise.
/// </summary>
internal sealed class SegmentRemover(LogContext context, SegmentList list, LogIndexer indexer)
{
    private const long Never = long.MaxValue; // In milliseconds: no file is due.
    private const long NonePending = long.MaxValue; // Larger than every base offset.
    private static readonly string[] s_suffixes = [.. LogFiles.SegmentSuffixes, ProducerSnapshot.Suffix];

    /// <summary>
    /// The log is last: while <c>.log.swap</c> exists, startup finishes the swap.
    /// </summary>
    private static readonly string[] s_installed = [.. LogFiles.SegmentSuffixes.Reverse()];

    /// <summary>
    /// <c>.log.swap</c> first, so that startup no longer finishes the swap, and
    /// <c>.log.cleaned</c> last: while it exists, startup deletes the others.
    /// </summary>
    private static readonly string[] s_discarded =
    [
        .. LogFiles.SegmentSuffixes.Select(static suffix => suffix + LogFiles.SwapSuffix),
        .. LogFiles.SegmentSuffixes.Reverse().Select(static suffix => suffix + LogFiles.CleanedSuffix),
    ];

    private readonly Queue<PendingNames> _pending = new(); // At most one per segment, and one per discarded cleaning.
    private readonly List<(LogSegment Segment, long DueMs)> _renamed = [];
    private long _lowestPending = NonePending; // The lowest base offset of the pending ones.

    /// <summary>
    /// The time at which the next file is due for deletion; <see cref="long.MaxValue"/> for
    /// none. Any thread.
    /// </summary>
    internal long NextDueMs
    {
        get => Volatile.Read(ref field);
        private set => Volatile.Write(ref field, value);
    } = Never;

    /// <summary>
    /// The lowest base offset of the files that startup would use: a removed segment counts
    /// until its files are durably renamed. A log start offset above it must be checkpointed.
    /// Any thread.
    /// </summary>
    internal long LowestFileOffset
    {
        get
        {
            // In this order: a segment is pending before it leaves the list.
            long inList = list.All[0].BaseOffset;
            return Math.Min(inList, Volatile.Read(ref _lowestPending));
        }
    }

    /// <summary>
    /// Removes the segments that end at or below an offset, but not the active one and none
    /// that is not completely indexed.
    /// </summary>
    /// <param name="offset">The offset.</param>
    /// <param name="nowMs">Monotonic milliseconds.</param>
    /// <param name="result">The error of a failed rename; the next call tries again.</param>
    /// <returns>The number of segments removed from the list.</returns>
    internal int RemoveBelow(long offset, long nowMs, out IoResult result)
    {
        ReadOnlySpan<LogSegment> segments = list.All;
        long final = indexer.Segment.BaseOffset;
        int count = 0;
        while (count + 1 < segments.Length && segments[count + 1].BaseOffset <= Math.Min(offset, final))
        {
            count++;
        }

        ReadOnlySpan<LogSegment> removed = segments[..count];
        result = Pin(removed);
        try
        {
            count = result.IsOk && count > 0 && TryReplace(removed, null) ? count : 0;
            if (count > 0)
            {
                GiveUp(removed);
            }
        }
        finally
        {
            Unpin(removed, result);
        }

        result = result.IsOk ? Settle(nowMs) : result;
        return count;
    }

    /// <summary>
    /// Opens and leases the files of segments before they are closed: a reader with a lease
    /// must not open a file later by a name that then belongs to another file. Acquires a lease
    /// on each segment; on none if it fails.
    /// </summary>
    internal IoResult Pin(ReadOnlySpan<LogSegment> segments)
    {
        int pinned = 0;
        IoResult result = IoResult.NotFound;
        try
        {
            while (pinned < segments.Length && segments[pinned].TryAcquire())
            {
                result = list.EnsureMapped(segments[pinned++]);
                if (!result.IsOk)
                {
                    return result;
                }

                result = IoResult.NotFound;
            }

            result = pinned == segments.Length ? IoResult.Ok : result;
            return result;
        }
        finally
        {
            if (!result.IsOk)
            {
                Unpin(segments[..pinned], IoResult.Ok);
            }
        }
    }

    /// <summary>Releases the leases of a successful <see cref="Pin"/>.</summary>
    internal static void Unpin(ReadOnlySpan<LogSegment> segments, IoResult pinned)
    {
        if (pinned.IsOk)
        {
            foreach (LogSegment segment in segments)
            {
                segment.Release();
            }
        }
    }

    /// <summary>
    /// Removes adjacent segments from the list, and inserts a cleaned segment in their place if
    /// there is one; false if they are no longer adjacent. After success every failure can be
    /// retried: <see cref="GiveUp"/> and <see cref="Settle"/> follow.
    /// </summary>
    internal bool TryReplace(ReadOnlySpan<LogSegment> old, LogSegment? cleaned)
    {
        // Memory is allocated first: after the list has changed, nothing may fail.
        var names = new List<PendingNames>(old.Length + 1);
        foreach (LogSegment segment in old)
        {
            bool keepsSnapshot = segment.BaseOffset == cleaned?.BaseOffset;
            names.Add(new PendingNames(keepsSnapshot ? PendingNames.Change.RemoveKeepingSnapshot : PendingNames.Change.Remove, segment.BaseOffset, segment));
        }

        if (cleaned is not null)
        {
            names.Add(new PendingNames(PendingNames.Change.Install, cleaned.BaseOffset, cleaned));
        }

        _pending.EnsureCapacity(_pending.Count + names.Count);
        Volatile.Write(ref _lowestPending, Math.Min(Volatile.Read(ref _lowestPending), old[0].BaseOffset));
        if (!list.TryReplace(old, cleaned is null ? [] : [cleaned]))
        {
            NoteLowest();
            return false;
        }

        names.ForEach(_pending.Enqueue);
        return true;
    }

    /// <summary>
    /// Closes segments that were removed from the list: no new leases on them are granted.
    /// </summary>
    internal void GiveUp(ReadOnlySpan<LogSegment> segments)
    {
        try
        {
            context.Hooks?.At(LogPoint.RemovedFromList, segments[0]);
        }
        finally
        {
            foreach (LogSegment segment in segments)
            {
                segment.Close();
            }
        }
    }

    /// <summary>
    /// Requests the deletion of the files that a cleaning wrote. Until <see cref="Settle"/> has
    /// deleted them, no other file of the log is renamed.
    /// </summary>
    internal void Discard(long baseOffset)
    {
        _pending.Enqueue(new PendingNames(PendingNames.Change.Discard, baseOffset, null));
        NoteLowest();
    }

    /// <summary>
    /// Whether renames are pending: the files of a segment in the list may have names other
    /// than its path.
    /// </summary>
    internal bool HasPending => _pending.Count > 0;

    /// <summary>Applies the pending renames in order; stops at the first that fails.</summary>
    internal IoResult Settle(long nowMs)
    {
        while (_pending.TryPeek(out PendingNames? next))
        {
            IoResult result = next.Kind switch
            {
                PendingNames.Change.Remove => Rename(next, s_suffixes, "", LogFiles.DeletedSuffix),
                PendingNames.Change.RemoveKeepingSnapshot => Rename(next, LogFiles.SegmentSuffixes, "", LogFiles.DeletedSuffix),
                PendingNames.Change.Install => Install(next),
                _ => Delete(next),
            };
            result = result.IsOk ? context.Directory.Sync() : result;
            if (!result.IsOk)
            {
                return result;
            }

            Finish(next, nowMs); // If it throws, it has changed nothing and is tried again.
            _pending.Dequeue();
            NoteLowest();
        }

        return IoResult.Ok;
    }

    /// <summary>
    /// Deletes the files whose delay has expired; those of a segment with leases are kept.
    /// Returns the first failure; the next call tries again.
    /// </summary>
    internal IoResult DeleteDue(long nowMs)
    {
        if (context.Lifecycle.State != LogState.Open)
        {
            // If the log is closed, all files are deleted already. If the topic is deleted, the
            // names may belong to a later topic.
            _renamed.Clear();
            NextDueMs = Never;
            return IoResult.Ok;
        }

        IoResult first = IoResult.Ok;
        _renamed.RemoveAll(removed =>
        {
            bool isDue = removed.DueMs <= nowMs && removed.Segment.IsClosed;
            IoResult result = isDue ? Delete(removed.Segment) : IoResult.Ok;
            first = first.IsOk ? result : first;
            return isDue && result.IsOk;
        });
        NextDueMs = _renamed.Count == 0 ? Never : Math.Max(nowMs + 1, _renamed.Min(static removed => removed.DueMs));
        return first;
    }

    /// <summary>
    /// Deletes all files immediately: the log is closed. Mappings that readers hold stay
    /// readable. The next startup finishes what cannot be renamed or deleted now.
    /// </summary>
    internal IoResult DeleteAll()
    {
        IoResult result = Settle(0);
        _renamed.RemoveAll(removed => Delete(removed.Segment).IsOk);
        NextDueMs = Never;
        return result;
    }

    private IoResult Install(PendingNames cleaned)
    {
        if (cleaned.Done == 0)
        {
            context.Hooks?.At(LogPoint.CleanRenaming, cleaned.Segment);
        }

        return Rename(cleaned, s_installed, LogFiles.SwapSuffix, "");
    }

    private void Finish(PendingNames done, long nowMs)
    {
        switch (done.Kind)
        {
            case PendingNames.Change.Install:
                context.Hooks?.At(LogPoint.CleanSwapped, done.Segment);
                done.Segment!.IsFlushed = true; // From here on it can be found by its path, so its file may be closed.
                context.SegmentCache?.Add(done.Segment); // This is last: if it throws, it has added nothing.
                break;
            case PendingNames.Change.Remove or PendingNames.Change.RemoveKeepingSnapshot:
                done.Segment!.Name($"{context.Directory.Path}/{LogFiles.Segment(done.BaseOffset)}{LogFiles.DeletedSuffix}", done.BaseOffset);
                _renamed.Add((done.Segment, nowMs + Math.Min(context.Settings.Value.FileDeleteDelayMs, int.MaxValue)));
                NextDueMs = Math.Min(NextDueMs, _renamed[^1].DueMs);
                break;
        }
    }

    private IoResult Rename(PendingNames files, string[] suffixes, string from, string to)
    {
        for (; files.Done < suffixes.Length; files.Done++)
        {
            string path = $"{context.Directory.Path}/{LogFiles.Of(files.BaseOffset, suffixes[files.Done])}";
            IoResult result = context.Directory.Storage.Rename(path + from, path + to);
            if (!result.IsOk && result != IoResult.NotFound)
            {
                return result; // A segment need not have all of its files.
            }
        }

        return IoResult.Ok;
    }

    private IoResult Delete(PendingNames files)
    {
        for (; files.Done < s_discarded.Length; files.Done++)
        {
            IoResult result = context.Directory.Storage.Delete($"{context.Directory.Path}/{LogFiles.Of(files.BaseOffset, s_discarded[files.Done])}");
            if (!result.IsOk && result != IoResult.NotFound)
            {
                return result;
            }
        }

        return IoResult.Ok;
    }

    private IoResult Delete(LogSegment segment)
    {
        IoResult first = IoResult.Ok;
        foreach (string suffix in s_suffixes)
        {
            IoResult result = context.Directory.Storage.Delete($"{context.Directory.Path}/{LogFiles.Of(segment.BaseOffset, suffix)}{LogFiles.DeletedSuffix}").UnlessNotFound();
            first = first.IsOk ? result : first;
        }

        return first;
    }

    private void NoteLowest() => Volatile.Write(ref _lowestPending, _pending.Count == 0 ? NonePending : _pending.Min(static pending => pending.BaseOffset));
}
