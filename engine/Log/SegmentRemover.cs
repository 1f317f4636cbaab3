using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// Takes segments out of a log and their files off the disk. A segment leaves the array first, so that nobody finds it any more; then its
/// files are renamed, in the order of offsets and each name durable before the next one goes, so that no crash leaves a hole; they are
/// deleted when their time is over and nobody holds the segment. Every member needs the log's upkeep lock.
/// </summary>
internal sealed class SegmentRemover(PartitionLog log, SegmentList list)
{
    private static readonly string[] s_suffixes = [.. LogFiles.SegmentSuffixes, ProducerSnapshot.Suffix];
    private readonly Queue<(LogSegment Segment, bool KeepsSnapshot)> _leaving = new(); // Not renamed yet.
    private readonly List<(LogSegment Segment, long DueMs)> _renamed = [];

    /// <summary>When the next file is to be deleted; <see cref="long.MaxValue"/> for none. Anyone may look.</summary>
    internal long NextDueMs
    {
        get => Volatile.Read(ref field);
        private set => Volatile.Write(ref field, value);
    } = long.MaxValue;

    /// <summary>Removes the segments that end at or before an offset; returns how many. The active one stays, and what is not derived from yet.</summary>
    internal int RemoveBelow(long offset, long nowMs)
    {
        ReadOnlySpan<LogSegment> segments = log.Segments;
        long final = log.Upkeep.FinalEnd;
        int count = 0;
        while (count + 1 < segments.Length && segments[count + 1].BaseOffset <= Math.Min(offset, final))
        {
            count++;
        }

        ReadOnlySpan<LogSegment> removed = segments[..count];
        if (count > 0 && list.TryReplace(removed, []))
        {
            GiveUp(removed);
        }

        _ = Rename(nowMs);
        return count;
    }

    /// <summary>
    /// Gives up segments that are in the list no more; <see cref="Rename"/> takes their files' names. The snapshot of the producers stays
    /// where a segment begins there as before.
    /// </summary>
    internal void GiveUp(ReadOnlySpan<LogSegment> segments, LogSegment? replacement = null)
    {
        log.Settings.Hooks?.At(LogPoint.RemovedFromList, segments[0]);
        foreach (LogSegment segment in segments)
        {
            _leaving.Enqueue((segment, segment.BaseOffset == replacement?.BaseOffset));
            segment.Close();
        }
    }

    /// <summary>Renames what has left, in order. What failed is tried again by the next call; nothing behind it goes before.</summary>
    internal IoResult Rename(long nowMs)
    {
        while (_leaving.TryPeek(out (LogSegment Segment, bool KeepsSnapshot) leaving))
        {
            LogSegment segment = leaving.Segment;
            foreach (string suffix in leaving.KeepsSnapshot ? LogFiles.SegmentSuffixes : s_suffixes)
            {
                string path = $"{log.Directory}/{LogFiles.Of(segment.BaseOffset, suffix)}";
                IoResult result = log.Storage.Rename(path, path + LogFiles.DeletedSuffix);
                if (!result.IsOk && result != IoResult.NotFound)
                {
                    return result;
                }
            }

            segment.Name($"{log.Directory}/{LogFiles.Segment(segment.BaseOffset)}{LogFiles.DeletedSuffix}", segment.BaseOffset);
            IoResult synced = log.Storage.SyncDirectory(log.Directory);
            if (!synced.IsOk)
            {
                return synced;
            }

            _leaving.Dequeue();
            _renamed.Add((segment, nowMs + Math.Min(log.Settings.FileDeleteDelayMs, int.MaxValue)));
            NextDueMs = Math.Min(NextDueMs, _renamed[^1].DueMs);
        }

        return IoResult.Ok;
    }

    /// <summary>Deletes the files whose time is over; those of a segment that somebody holds stay. Returns how many segments went.</summary>
    internal int DeleteDue(long nowMs)
    {
        int deleted = _renamed.RemoveAll(removed => removed.DueMs <= nowMs && removed.Segment.IsClosed && TryDelete(removed.Segment));
        NextDueMs = _renamed.Count == 0 ? long.MaxValue : Math.Max(nowMs + 1, _renamed.Min(static removed => removed.DueMs));
        return deleted;
    }

    /// <summary>Deletes all files at once: the log is closed. Maps that readers hold stay readable.</summary>
    internal void DeleteAll()
    {
        _ = Rename(0);
        _renamed.RemoveAll(removed => TryDelete(removed.Segment));
        NextDueMs = long.MaxValue;
    }

    private bool TryDelete(LogSegment segment)
    {
        bool isGone = true;
        foreach (string suffix in s_suffixes)
        {
            IoResult result = log.Storage.Delete($"{log.Directory}/{LogFiles.Of(segment.BaseOffset, suffix)}{LogFiles.DeletedSuffix}");
            isGone &= result.IsOk || result == IoResult.NotFound;
        }

        return isGone;
    }
}
