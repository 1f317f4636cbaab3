using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// The <c>.index</c> and <c>.timeindex</c> files of a segment and, if it has aborted
/// transactions, its <c>.txnindex</c> file. They are written whole when the segment is final,
/// and are derived from its records: a missing, short, long or stale one is rebuilt. Entries:
/// int32 relative last offset, int32 position; and int64 timestamp, int32 relative offset; and
/// <see cref="AbortedTransaction"/>.
/// </summary>
internal static class IndexFiles
{
    /// <summary>
    /// Writes the files of a segment that receives no more appends, and adds the last noted
    /// timestamp to its time index.
    /// </summary>
    /// <param name="storage">The data directory.</param>
    /// <param name="directory">The partition's folder.</param>
    /// <param name="segment">The segment.</param>
    /// <param name="nameEnd">The suffix of the names while the segment has not replaced its
    /// sources.</param>
    /// <param name="replaces">True if the recovery point may be past the segment already: its
    /// files are then never partially written.</param>
    internal static IoResult Write(IStorage storage, string directory, LogSegment segment, string nameEnd = "", bool replaces = false)
    {
        segment.Times.AppendNoted();
        IoResult result = Write(storage, directory, segment, LogFiles.OffsetIndexSuffix + nameEnd, segment.Offsets.Entries, replaces);
        result = result.IsOk ? Write(storage, directory, segment, LogFiles.TimeIndexSuffix + nameEnd, segment.Times.Entries, replaces) : result;
        result = result.IsOk ? WriteTransactions(storage, directory, segment, nameEnd, replaces) : result;
        if (result.IsOk)
        {
            segment.MoveIndexFiles(IndexFilesState.Stale, IndexFilesState.Written);
        }

        return result;
    }

    /// <summary>
    /// Makes the index files of segments that receive no more appends durable, after writing
    /// them if necessary, and the producer snapshots at their ends, so that none below the
    /// recovery point is torn. Every file is flushed once, and then the directory once.
    /// </summary>
    /// <param name="storage">The data directory.</param>
    /// <param name="directory">The partition's folder.</param>
    /// <param name="segments">The segments; those whose files are durable are skipped.</param>
    /// <param name="nameEnd">The suffix of the names while a segment has not replaced its
    /// sources.</param>
    internal static IoResult Complete(IStorage storage, string directory, ReadOnlySpan<LogSegment> segments, string nameEnd = "")
    {
        var incomplete = new List<LogSegment>();
        foreach (LogSegment segment in segments)
        {
            if (segment.IndexFilesState != IndexFilesState.Durable)
            {
                incomplete.Add(segment);
            }
        }

        if (incomplete.Count == 0)
        {
            return IoResult.Ok;
        }

        IoResult result = IoResult.Ok;
        for (int i = 0; i < incomplete.Count && result.IsOk; i++)
        {
            result = FlushContent(storage, directory, incomplete[i], nameEnd);
        }

        // Otherwise a power loss could restore replaced or deleted files, which recovery would
        // trust because of the recovery point.
        result = result.IsOk ? storage.SyncDirectory(directory) : result;

        // A failed flush may have dropped what it could not write, and the next flush would
        // succeed without it: so the files become stale and are written again, at the latest by
        // the close.
        foreach (LogSegment segment in incomplete)
        {
            segment.MoveIndexFiles(IndexFilesState.Written, result.IsOk ? IndexFilesState.Durable : IndexFilesState.Stale);
        }

        return result;
    }

    private static IoResult FlushContent(IStorage storage, string directory, LogSegment segment, string nameEnd)
    {
        IoResult result;
        if (segment.IndexFilesState == IndexFilesState.Stale)
        {
            result = Write(storage, directory, segment, nameEnd, replaces: true); // This flushes each file before it gets its name.
        }
        else
        {
            result = Flush(storage, directory, segment.BaseOffset, LogFiles.OffsetIndexSuffix + nameEnd);
            result = result.IsOk ? Flush(storage, directory, segment.BaseOffset, LogFiles.TimeIndexSuffix + nameEnd) : result;
            result = result.IsOk && segment.Transactions.Entries.Length > 0 ? Flush(storage, directory, segment.BaseOffset, LogFiles.TransactionIndexSuffix + nameEnd) : result;
        }

        return result.IsOk && segment.Next is { } next ? ProducerSnapshot.Flush(storage, directory, next.BaseOffset) : result;
    }

    /// <summary>
    /// Loads the entries of a segment's files, which stay on disk; false if the files cannot be
    /// correct: then the segment is unchanged. Only the last entries of both files are checked:
    /// every other entry is compared with its batch when it is used.
    /// </summary>
    /// <param name="cache">Caches the pages that are read.</param>
    /// <param name="directory">The partition's folder.</param>
    /// <param name="segment">The segment.</param>
    /// <param name="segmentLength">The length of its file in bytes.</param>
    /// <param name="lastOffset">The last entry of the offset index.</param>
    /// <param name="lastTime">The last entry of the time index.</param>
    internal static bool TryLoad(IndexCache cache, string directory, LogSegment segment, long segmentLength, out OffsetEntry lastOffset, out TimeEntry lastTime)
    {
        lastTime = default;
        if (!TryReadEnd(cache.Storage, directory, segment, LogFiles.OffsetIndexSuffix, out int offsets, out lastOffset)
            || !TryReadEnd(cache.Storage, directory, segment, LogFiles.TimeIndexSuffix, out int times, out lastTime)
            || lastOffset.RelativeOffset < 0 || lastOffset.Position <= 0 || lastOffset.Position >= segmentLength || lastTime.RelativeOffset < 0
            || !TryCountAborted(cache.Storage, directory, segment, out int aborted))
        {
            return false;
        }

        UseFiles(cache, directory, segment, offsets, times, aborted, lastTime);
        return true;
    }

    /// <summary>
    /// Drops the in-memory entries of a segment that receives no more appends and whose files
    /// are durable and have their final names.
    /// </summary>
    internal static void DropMemory(IndexCache cache, string directory, LogSegment segment)
    {
        if (segment.Offsets.IsStored && segment.Times.IsStored && segment.Transactions.IsStored)
        {
            return;
        }

        IndexView<TimeEntry> times = segment.Times.Entries;
        TimeEntry lastTime = default;
        if (times.IsEmpty || times.Read(times.Length - 1, out lastTime).IsOk)
        {
            UseFiles(cache, directory, segment, segment.Offsets.Count, times.Length, segment.Transactions.Entries.Length, lastTime);
        }
    }

    private static void UseFiles(IndexCache cache, string directory, LogSegment segment, int offsets, int times, int aborted, TimeEntry lastTime) => segment.UseIndexes(
        new OffsetIndex(Stored<OffsetEntry>(cache, directory, segment, LogFiles.OffsetIndexSuffix, offsets)),
        times == 0 ? new TimeIndex() : new TimeIndex(Stored<TimeEntry>(cache, directory, segment, LogFiles.TimeIndexSuffix, times), lastTime),
        new TransactionIndex(Stored<AbortedTransaction>(cache, directory, segment, LogFiles.TransactionIndexSuffix, aborted)));

    private static StoredEntries<T>? Stored<T>(IndexCache cache, string directory, LogSegment segment, string suffix, int count)
        where T : struct, IIndexEntry<T> => count == 0 ? null : new(cache, segment.GivenUp, PathOf(directory, segment, suffix), count);

    private static bool TryReadEnd<T>(IStorage storage, string directory, LogSegment segment, string suffix, out int count, out T last)
        where T : struct, IIndexEntry<T>
    {
        last = default;
        count = 0;
        if (!storage.Open(PathOf(directory, segment, suffix), FileOpening.Existing, out IStorageFile? file).IsOk)
        {
            return false;
        }

        using (file)
        {
            Span<byte> bytes = stackalloc byte[T.SizeBytes];
            if (!file!.Length(out long length).IsOk || length == 0 || length % T.SizeBytes != 0 || length > int.MaxValue
                || !file.Read(length - bytes.Length, bytes, out int read).IsOk || read != bytes.Length)
            {
                return false;
            }

            count = (int)(length / bytes.Length);
            last = T.Read(bytes);
            return true;
        }
    }

    private static IoResult WriteTransactions(IStorage storage, string directory, LogSegment segment, string nameEnd, bool replaces)
    {
        IndexView<AbortedTransaction> aborted = segment.Transactions.Entries;
        if (aborted.Length == 0)
        {
            return storage.Delete(PathOf(directory, segment, LogFiles.TransactionIndexSuffix) + nameEnd).UnlessNotFound();
        }

        return Write(storage, directory, segment, LogFiles.TransactionIndexSuffix + nameEnd, aborted, replaces);
    }

    /// <summary>
    /// Counts the entries of <c>.txnindex</c>. No batch confirms them, so all are checked: they
    /// are few. True if there is no file. A file that cannot be read is rebuilt from the
    /// records: without its entries aborted records would be returned as committed ones.
    /// </summary>
    private static bool TryCountAborted(IStorage storage, string directory, LogSegment segment, out int count)
    {
        count = 0;
        string path = PathOf(directory, segment, LogFiles.TransactionIndexSuffix);
        byte[]? bytes = WholeFile.Read(storage, path);
        if (bytes is null)
        {
            IoResult opened = storage.Open(path, FileOpening.Existing, out IStorageFile? file);
            file?.Dispose();
            return opened == IoResult.NotFound;
        }

        long last = segment.BaseOffset - 1;
        count = bytes.Length / AbortedTransaction.SizeBytes;
        for (int i = 0; i < count; i++)
        {
            AbortedTransaction entry = AbortedTransaction.Read(bytes.AsSpan(i * AbortedTransaction.SizeBytes));
            if (entry.LastOffset <= last)
            {
                return false;
            }

            last = entry.LastOffset;
        }

        return bytes.Length % AbortedTransaction.SizeBytes == 0;
    }

    private static string PathOf(string directory, LogSegment segment, string suffix) => $"{directory}/{LogFiles.Of(segment.BaseOffset, suffix)}";

    private static IoResult Write<T>(IStorage storage, string directory, LogSegment segment, string suffix, IndexView<T> entries, bool replaces)
        where T : struct, IIndexEntry<T>
    {
        byte[] bytes = new byte[entries.Length * T.SizeBytes];
        for (int i = 0; i < entries.Length; i++)
        {
            IoResult result = entries.Read(i, out T entry);
            if (!result.IsOk)
            {
                return result;
            }

            entry.Write(bytes.AsSpan(i * T.SizeBytes));
        }

        // Readers may be about to read entries of the existing file: it is replaced, never
        // truncated.
        return Write(storage, directory, segment.BaseOffset, suffix, bytes, replaces || entries.HasStored);
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
