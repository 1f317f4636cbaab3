using System.Buffers.Binary;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// A segment's <c>.index</c>, <c>.timeindex</c> and, where transactions were aborted, <c>.txnindex</c> files. They are written whole when the segment is final, and only follow from its
/// records: a missing, short, long or stale one is made again. Entries: int32 relative last offset, int32 position; and int64
/// timestamp, int32 relative offset; and <see cref="AbortedTransaction"/>.
/// </summary>
internal static class IndexFiles
{
    internal const int OffsetEntrySize = 8;
    internal const int TimeEntrySize = 12;

    /// <summary>Not written since the segment got its last batch.</summary>
    internal const int Stale = 0;

    /// <summary>Written, in the page cache.</summary>
    internal const int Written = 1;

    /// <summary>On disk, or there is nothing to write: the segment may count as recovered.</summary>
    internal const int Durable = 2;

    /// <summary>Writes both files for a segment to which nothing is appended any more, and closes its time index with what was noted last.</summary>
    /// <param name="storage">The data directory.</param>
    /// <param name="directory">The partition's folder.</param>
    /// <param name="segment">The segment.</param>
    /// <param name="nameEnd">What the names end in while the segment is not in its place.</param>
    /// <param name="replaces">True where the recovery point may be behind the segment already: its files are never half written then.</param>
    internal static IoResult Write(IStorage storage, string directory, LogSegment segment, string nameEnd = "", bool replaces = false)
    {
        segment.Times.AppendNoted();
        IndexView<long> offsets = segment.Offsets.Entries;
        byte[] bytes = new byte[offsets.Length * OffsetEntrySize];
        for (int i = 0; i < offsets.Length; i++)
        {
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(i * OffsetEntrySize), SegmentWord.RelativeOffset(offsets[i]));
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan((i * OffsetEntrySize) + 4), SegmentWord.Position(offsets[i]));
        }

        IoResult result = Write(storage, directory, segment.BaseOffset, LogFiles.OffsetIndexSuffix + nameEnd, bytes, replaces);
        if (!result.IsOk)
        {
            return result;
        }

        IndexView<TimeIndex.Entry> times = segment.Times.Entries;
        bytes = new byte[times.Length * TimeEntrySize];
        for (int i = 0; i < times.Length; i++)
        {
            BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(i * TimeEntrySize), times[i].Timestamp);
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan((i * TimeEntrySize) + 8), times[i].RelativeOffset);
        }

        result = Write(storage, directory, segment.BaseOffset, LogFiles.TimeIndexSuffix + nameEnd, bytes, replaces);
        result = result.IsOk ? WriteTransactions(storage, directory, segment, nameEnd, replaces) : result;
        if (result.IsOk)
        {
            Interlocked.CompareExchange(ref segment.IndexFilesState, Written, Stale);
        }

        return result;
    }

    /// <summary>Writes and flushes what is not yet, for segments to which nothing is appended any more.</summary>
    internal static IoResult Complete(IStorage storage, string directory, IReadOnlyList<LogSegment> segments)
    {
        bool hasWritten = false;
        IoResult result = IoResult.Ok;
        foreach (LogSegment segment in segments)
        {
            hasWritten |= segment.IndexFilesState != Durable;
            if (result.IsOk && segment.IndexFilesState == Stale)
            {
                result = Write(storage, directory, segment, replaces: true);
            }

            if (result.IsOk && segment.IndexFilesState == Written)
            {
                result = Flush(storage, directory, segment);
            }
        }

        return result.IsOk && hasWritten ? storage.SyncDirectory(directory) : result;
    }

    /// <summary>Makes written files durable, and the snapshot of the producers at the segment's end, so that none below the recovery point is torn.</summary>
    internal static IoResult Flush(IStorage storage, string directory, LogSegment segment, string nameEnd = "")
    {
        IoResult result = Flush(storage, directory, segment.BaseOffset, LogFiles.OffsetIndexSuffix + nameEnd);
        result = result.IsOk ? Flush(storage, directory, segment.BaseOffset, LogFiles.TimeIndexSuffix + nameEnd) : result;
        result = result.IsOk && segment.Transactions.Entries.Length > 0 ? Flush(storage, directory, segment.BaseOffset, LogFiles.TransactionIndexSuffix + nameEnd) : result;
        result = result.IsOk && segment.Next is { } next ? ProducerSnapshot.Flush(storage, directory, next.BaseOffset) : result;

        // Else a power cut could bring back files that were replaced or deleted, of which the recovery point would think well.
        result = result.IsOk ? storage.SyncDirectory(directory) : result;
        if (result.IsOk)
        {
            Interlocked.CompareExchange(ref segment.IndexFilesState, Durable, Written);
        }
        else
        {
            // A flush that failed may have dropped what it could not write, and the next one would succeed without it: written again, at the
            // latest by the close, they count.
            Interlocked.CompareExchange(ref segment.IndexFilesState, Stale, Written);
        }

        return result;
    }

    /// <summary>Reads the files into a new segment; false where they cannot be right, with the segment unchanged.</summary>
    internal static bool TryLoad(IStorage storage, string directory, LogSegment segment, long segmentLength)
    {
        byte[]? offsetBytes = WholeFile.Read(storage, $"{directory}/{LogFiles.Of(segment.BaseOffset, LogFiles.OffsetIndexSuffix)}");
        byte[]? timeBytes = WholeFile.Read(storage, $"{directory}/{LogFiles.Of(segment.BaseOffset, LogFiles.TimeIndexSuffix)}");
        if (offsetBytes is null || timeBytes is null || offsetBytes.Length % OffsetEntrySize != 0 || timeBytes.Length % TimeEntrySize != 0)
        {
            return false;
        }

        // Every entry goes up in both columns and points into the file: zeros at the end, or the entries of a longer segment, do not.
        var offsets = new List<(int Offset, int Position)>();
        (int Offset, int Position) last = (-1, 0);
        for (int i = 0; i < offsetBytes.Length; i += OffsetEntrySize)
        {
            (int Offset, int Position) entry = (BinaryPrimitives.ReadInt32BigEndian(offsetBytes.AsSpan(i)), BinaryPrimitives.ReadInt32BigEndian(offsetBytes.AsSpan(i + 4)));
            if (entry.Offset <= last.Offset || entry.Position <= last.Position || entry.Position >= segmentLength)
            {
                return false;
            }

            offsets.Add(entry);
            last = entry;
        }

        var times = new List<TimeIndex.Entry>();
        for (int i = 0; i < timeBytes.Length; i += TimeEntrySize)
        {
            var entry = new TimeIndex.Entry(BinaryPrimitives.ReadInt64BigEndian(timeBytes.AsSpan(i)), BinaryPrimitives.ReadInt32BigEndian(timeBytes.AsSpan(i + 8)));
            if (entry.RelativeOffset < 0 || (times.Count > 0 && (entry.Timestamp <= times[^1].Timestamp || entry.RelativeOffset < times[^1].RelativeOffset)))
            {
                return false;
            }

            times.Add(entry);
        }

        if (times.Count == 0 && segmentLength > 0)
        {
            return false;
        }

        if (!TryLoadTransactions(storage, directory, segment))
        {
            return false;
        }

        segment.Offsets.Reserve(offsets.Count);
        segment.Times.Reserve(times.Count);
        offsets.ForEach(entry => segment.Offsets.Append(entry.Offset, entry.Position));
        times.ForEach(segment.Times.Append);
        return true;
    }

    private static IoResult WriteTransactions(IStorage storage, string directory, LogSegment segment, string nameEnd, bool replaces)
    {
        IndexView<AbortedTransaction> aborted = segment.Transactions.Entries;
        if (aborted.Length == 0)
        {
            IoResult deleted = storage.Delete($"{directory}/{LogFiles.Of(segment.BaseOffset, LogFiles.TransactionIndexSuffix)}{nameEnd}");
            return deleted == IoResult.NotFound ? IoResult.Ok : deleted;
        }

        byte[] bytes = new byte[aborted.Length * AbortedTransaction.Size];
        for (int i = 0; i < aborted.Length; i++)
        {
            aborted[i].Write(bytes.AsSpan(i * AbortedTransaction.Size));
        }

        return Write(storage, directory, segment.BaseOffset, LogFiles.TransactionIndexSuffix + nameEnd, bytes, replaces);
    }

    private static bool TryLoadTransactions(IStorage storage, string directory, LogSegment segment)
    {
        string path = $"{directory}/{LogFiles.Of(segment.BaseOffset, LogFiles.TransactionIndexSuffix)}";
        byte[] bytes = WholeFile.Read(storage, path) ?? [];
        long last = segment.BaseOffset - 1;
        var entries = new List<AbortedTransaction>();
        for (int i = 0; i + AbortedTransaction.Size <= bytes.Length; i += AbortedTransaction.Size)
        {
            AbortedTransaction entry = AbortedTransaction.Read(bytes.AsSpan(i));
            if (entry.LastOffset <= last)
            {
                return false;
            }

            entries.Add(entry);
            last = entry.LastOffset;
        }

        entries.ForEach(segment.Transactions.Append);
        return bytes.Length % AbortedTransaction.Size == 0;
    }

    private static IoResult Write(IStorage storage, string directory, long baseOffset, string suffix, byte[] bytes, bool replaces)
    {
        string path = $"{directory}/{LogFiles.Of(baseOffset, suffix)}";
        string writtenPath = replaces ? path + CheckpointFile.TemporarySuffix : path;
        IoResult result = storage.Open(writtenPath, FileOpening.Truncated, out IStorageFile? file);
        using (file)
        {
            result = result.IsOk ? file!.Write(0, bytes) : result;
            result = result.IsOk && replaces ? file!.FlushData() : result;
        }

        return result.IsOk && replaces ? storage.Rename(writtenPath, path) : result;
    }

    private static IoResult Flush(IStorage storage, string directory, long baseOffset, string suffix)
    {
        IoResult result = storage.Open($"{directory}/{LogFiles.Of(baseOffset, suffix)}", FileOpening.Existing, out IStorageFile? file);
        using (file)
        {
            return result.IsOk ? file!.FlushData() : result;
        }
    }
}
