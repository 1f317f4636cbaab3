using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// Removes segments from a log and their files from the disk, and puts cleaned segments in the place of their sources. The list of segments
/// changes first, so that nobody finds the old ones; then names change on disk, strictly in that order, each durable before the next. A name
/// that cannot be changed now is tried again by the next step, and nothing after it changes before, so that the disk always has a state that
/// startup understands. Files are deleted after <c>file.delete.delay.ms</c>, when nobody holds the segment. Every member needs the log's
/// upkeep lock unless it says otherwise.
/// </summary>
internal sealed class SegmentRemover(LogContext context, SegmentList list, LogIndexer indexer)
{
    private static readonly string[] s_suffixes = [.. LogFiles.SegmentSuffixes, ProducerSnapshot.Suffix];

    /// <summary>The log last: while <c>.log.swap</c> is there, startup finishes the swap.</summary>
    private static readonly string[] s_installed = [.. LogFiles.SegmentSuffixes.Reverse()];

    /// <summary>
    /// <c>.log.swap</c> first, so that startup does not finish the swap any more, and <c>.log.cleaned</c> last: while it is there, startup
    /// deletes the others.
    /// </summary>
    private static readonly string[] s_discarded =
    [
        .. LogFiles.SegmentSuffixes.Select(static suffix => suffix + LogFiles.SwapSuffix),
        .. LogFiles.SegmentSuffixes.Reverse().Select(static suffix => suffix + LogFiles.CleanedSuffix),
    ];

    private readonly Queue<PendingNames> _pending = new(); // At most one per segment, and one per cleaning that was given up.
    private readonly List<(LogSegment Segment, long DueMs)> _renamed = [];
    private long _lowestPending = long.MaxValue; // Of their base offsets.

    /// <summary>When the next file is to be deleted; <see cref="long.MaxValue"/> for none. Any thread.</summary>
    internal long NextDueMs
    {
        get => Volatile.Read(ref field);
        private set => Volatile.Write(ref field, value);
    } = long.MaxValue;

    /// <summary>
    /// No file of the log that startup would use begins below: one of a removed segment counts until its new name is durable. A log start above
    /// it must be written down. Any thread.
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
    /// Removes the segments that end at or before an offset, but not the active one and none that the indexer has not passed.
    /// </summary>
    /// <param name="offset">The offset.</param>
    /// <param name="nowMs">Monotonic milliseconds.</param>
    /// <param name="result">Why names could not be changed; the next call tries again.</param>
    /// <returns>How many were removed from the list.</returns>
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
    /// Opens the files of segments before they are given up: a reader that holds one must not open it later by a name that another file has
    /// by then. Hands out a lease on each; after a failure on none.
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

    /// <summary>Gives back what a successful <see cref="Pin"/> handed out.</summary>
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
    /// Takes neighbours out of the list, and puts a cleaned segment in their place if there is one; false if they do not stand side by side any
    /// more. From here on nothing can fail for good: <see cref="GiveUp"/> and <see cref="Settle"/> follow.
    /// </summary>
    internal bool TryReplace(ReadOnlySpan<LogSegment> old, LogSegment? cleaned)
    {
        // All memory first: once the list has changed, nothing may fail.
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

    /// <summary>Gives up segments that are in the list no more: nobody gets a new lease on them.</summary>
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

    /// <summary>Notes that what a cleaning wrote is to be deleted. Until <see cref="Settle"/> has done it, no other name of the log changes.</summary>
    internal void Discard(long baseOffset)
    {
        _pending.Enqueue(new PendingNames(PendingNames.Change.Discard, baseOffset, null));
        NoteLowest();
    }

    /// <summary>Whether names are still to be changed: the files of a segment in the list may have others than its path says.</summary>
    internal bool HasPending => _pending.Count > 0;

    /// <summary>Changes the names that are still to be changed, in order; the first that fails ends it.</summary>
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

            Finish(next, nowMs); // Changes nothing, and is tried again, if it throws.
            _pending.Dequeue();
            NoteLowest();
        }

        return IoResult.Ok;
    }

    /// <summary>
    /// Deletes the files whose delay is over; those of a segment that somebody holds stay. Returns the first failure; the next call tries again.
    /// </summary>
    internal IoResult DeleteDue(long nowMs)
    {
        if (context.Lifecycle.State != LogState.Open)
        {
            // Closed: all is deleted. Of a deleted topic: the names may be those of a later one.
            _renamed.Clear();
            NextDueMs = long.MaxValue;
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
        NextDueMs = _renamed.Count == 0 ? long.MaxValue : Math.Max(nowMs + 1, _renamed.Min(static removed => removed.DueMs));
        return first;
    }

    /// <summary>
    /// Deletes all files at once: the log is closed. Maps that readers hold stay readable. What cannot be renamed or deleted now, the next startup
    /// finishes.
    /// </summary>
    internal IoResult DeleteAll()
    {
        IoResult result = Settle(0);
        _renamed.RemoveAll(removed => Delete(removed.Segment).IsOk);
        NextDueMs = long.MaxValue;
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
                context.SegmentCache?.Add(done.Segment); // Last: if it throws, it has added nothing.
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

    private void NoteLowest() => Volatile.Write(ref _lowestPending, _pending.Count == 0 ? long.MaxValue : _pending.Min(static pending => pending.BaseOffset));
}
