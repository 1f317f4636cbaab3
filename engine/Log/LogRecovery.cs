using Microsoft.Extensions.Logging;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// Opens a partition's folder: finds its segments, checks every batch and rebuilds the indexes. Above the recovery point the log ends
/// at the first hole, bad checksum or unexpected offset, and what lies behind is cut off: it was never acknowledged. Below it, and
/// after a clean shutdown, a bad batch is damage: it is reported with file and offset, and nothing is cut.
/// </summary>
/// <param name="storage">The data directory.</param>
/// <param name="directory">The partition's folder in it.</param>
/// <param name="settings">The log's settings.</param>
/// <param name="recoveryPoint">Everything below was flushed; <see cref="long.MaxValue"/> after a clean shutdown.</param>
/// <param name="logStartOffset">The first offset that may be read, as it was checkpointed; 0 for none.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Hears what was cut off.</param>
/// <param name="cleanedOffset">Up to where offsets may be missing, for the log was cleaned; <see cref="long.MaxValue"/> where nobody knows.</param>
/// <param name="indexCache">Keeps pages of index files; null for one of the log's own.</param>
internal sealed partial class LogRecovery(
    IStorage storage,
    string directory,
    LogSettings settings,
    long recoveryPoint,
    long logStartOffset,
    TimeProvider time,
    ILogger logger,
    long cleanedOffset = 0,
    IndexCache? indexCache = null)
{
    private readonly IndexCache _indexCache = indexCache ?? new IndexCache(storage);
    private readonly List<LogSegment> _segments = [];
    private long _nextOffset;
    private IndexBuilder _index;
    private readonly DiscardedTail _discarded = new();
    private readonly LeaderEpochs _epochs = LeaderEpochs.Load(storage, directory);

    /// <summary>Opens the folder; makes the first segment where there is none.</summary>
    /// <exception cref="StorageException">The files cannot be read, or flushed data is damaged.</exception>
    internal RecoveredLog Open()
    {
        List<long> baseOffsets = FindSegments();
        _nextOffset = baseOffsets.Count == 0 ? 0 : baseOffsets[0];
        for (int i = 0; i < baseOffsets.Count; i++)
        {
            if (!JoinsOn(baseOffsets[i]))
            {
                Drop(baseOffsets[i..]);
                break;
            }

            // The next one was flushed in part, so this one's index files were too: only the tail behind the last entry is looked at. A
            // recovery point right at its end may be from when it was still appended to, and had no index files.
            bool isTrusted = recoveryPoint == long.MaxValue || (i + 1 < baseOffsets.Count && baseOffsets[i + 1] < recoveryPoint);
            bool isLast = OpenSegment(baseOffsets[i], baseOffsets[(i + 1)..], isTrusted || settings.Hooks is { TrustsIndexesAfterCrash: true });
            settings.Hooks?.At(LogPoint.RecoverySegment, _segments[^1]);
            if (isLast)
            {
                break;
            }
        }

        if (logStartOffset > _nextOffset)
        {
            BeginAnewAt(logStartOffset);
        }

        bool isNew = _segments.Count == 0;
        if (isNew)
        {
            _segments.Add(CreateSegment());
        }

        // Appends go on there: it counts as flushed when a flush has seen it full.
        _segments[^1].IsFlushed = false;
        for (int i = 1; i < _segments.Count; i++)
        {
            _segments[i - 1].SetSuccessor(_segments[i]);
        }

        if (_discarded.Bytes > 0)
        {
            LogDiscarded(directory, _nextOffset, _discarded.Bytes, _discarded.Batches);
        }

        // A process that was killed may have made the files and left their names in the page cache only.
        if (!BeginEpoch() && (isNew || recoveryPoint != long.MaxValue))
        {
            storage.SyncDirectory(directory).ThrowIfFailed($"Flushing the directory '{directory}'");
        }

        // Whole segments are cleaned, those that were flushed, and never the last one.
        bool mayBeCleaned = settings.IsCompacted || cleanedOffset > 0;
        long cleanableEnd = mayBeCleaned ? _segments.FindLast(segment => segment.BaseOffset <= recoveryPoint)?.BaseOffset ?? 0 : 0;
        ProducerStates producers = ProducerRecovery.Rebuild(storage, directory, _segments, _nextOffset, cleanableEnd, ResidentChunks.SecondsOf(time));
        settings.Hooks?.At(LogPoint.RecoveryDone);
        long logStart = Math.Clamp(logStartOffset, _segments[0].BaseOffset, _nextOffset);
        return new RecoveredLog([.. _segments], Math.Min(recoveryPoint, _nextOffset), logStart, _epochs, producers, _indexCache, _index.BytesSinceEntry, _discarded.Bytes, _discarded.Batches);
    }

    /// <summary>
    /// A power cut took records that had been deleted: all that is left is below the log start, so it goes, and no offset that was deleted
    /// is given out again.
    /// </summary>
    private void BeginAnewAt(long offset)
    {
        foreach (LogSegment segment in _segments)
        {
            segment.Release();
            storage.Delete(segment.Path).ThrowIfFailed($"Deleting '{segment.Path}'");
            DeleteIndexes(segment.BaseOffset);
        }

        _segments.Clear();
        _nextOffset = offset;
        _index = new IndexBuilder(settings.IndexIntervalBytes, 0);
    }

    /// <summary>
    /// After an unclean end the next records are of a new epoch: offsets that a crash took are given out again, and a reader that had
    /// seen the old records can tell. True when one began, which also made the directory durable.
    /// </summary>
    private bool BeginEpoch()
    {
        bool isClean = recoveryPoint == long.MaxValue;

        // Epochs whose records a crash took are not given out again either: a reader may have seen them.
        int latest = _epochs.Latest;
        _epochs.TruncateTo(_nextOffset);
        bool begins = _epochs.Latest != latest || latest < 0 || (!isClean && _nextOffset > 0);
        if (begins)
        {
            _epochs.Begin(latest + 1, _nextOffset);
        }

        return begins;
    }

    private List<long> FindSegments()
    {
        SwapRecovery.Finish(storage, directory);
        storage.List(directory, out IReadOnlyList<string> names).ThrowIfFailed($"Listing '{directory}'");
        var baseOffsets = new List<long>();
        var indexes = new List<(string Name, long BaseOffset)>();
        foreach (string name in names)
        {
            if (LogFiles.IsLeftover(name))
            {
                storage.Delete($"{directory}/{name}").ThrowIfFailed($"Deleting '{directory}/{name}'");
            }
            else if (LogFiles.TryParseSegment(name, out long baseOffset))
            {
                baseOffsets.Add(baseOffset);
            }
            else if (LogFiles.TryParseIndex(name, out long indexOffset))
            {
                indexes.Add((name, indexOffset));
            }
        }

        // Names come in ordinal order, so the offsets ascend.
        foreach ((string name, long indexOffset) in indexes)
        {
            if (baseOffsets.BinarySearch(indexOffset) < 0)
            {
                storage.Delete($"{directory}/{name}").ThrowIfFailed($"Deleting '{directory}/{name}'");
            }
        }

        return baseOffsets;
    }

    private LogSegment CreateSegment()
    {
        string path = $"{directory}/{LogFiles.Segment(_nextOffset)}";
        storage.Open(path, FileOpening.New, out IStorageFile? file).ThrowIfFailed($"Creating '{path}'");
        return new LogSegment(file!, path, _nextOffset, settings.SegmentBytes, 0) { CreatedMs = NowMs, Hooks = settings.Hooks };
    }

    /// <summary>Opens a segment and checks what is not trusted of it; true where the log ends in it, and those behind are gone.</summary>
    private bool OpenSegment(long baseOffset, List<long> behind, bool isTrusted)
    {
        bool isLast = behind.Count == 0;
        string path = $"{directory}/{LogFiles.Segment(baseOffset)}";
        storage.Open(path, FileOpening.Existing, out IStorageFile? file).ThrowIfFailed($"Opening '{path}'");
        file!.Length(out long length).ThrowIfFailed($"Reading the length of '{path}'");
        if (length > int.MaxValue)
        {
            throw new StorageException($"The segment '{path}' has {length} bytes, Kafka's limit is {int.MaxValue}: neither Kafka nor Zurau wrote it.");
        }

        var segment = new LogSegment(file, path, baseOffset, settings.SegmentBytes, (int)length) { CreatedMs = NowMs, Hooks = settings.Hooks };
        long writtenMs = storage.LastWriteMs(path); // Before anything is cut.
        _nextOffset = baseOffset;
        _index = new IndexBuilder(settings.IndexIntervalBytes, 0);
        int valid = 0;
        if (length > 0)
        {
            segment.EnsureMapped(storage, out _).ThrowIfFailed($"Mapping '{path}'");
            int from = isTrusted ? LoadIndexes(segment, (int)length) : 0;

            // Behind the last segment nothing says where it should end, so its tail is checked even where the rest is trusted.
            valid = Scan(segment, from, (int)length, checksCrc: from == 0 || isLast);
            if (Peek(segment, (int)length).TryRead(0, out RecordBatchView first))
            {
                segment.FirstTimestamp = first.MaxTimestamp;
            }

            segment.IndexFilesState = from > 0 ? IndexFiles.Durable : segment.IndexFilesState;
            if (valid < length)
            {
                isLast |= Cut(segment, valid, (int)length, behind);
            }
        }

        if (valid == 0)
        {
            // Those of a longer life, or zeros that a killed Kafka laid out; an empty segment's files are written only when it has batches.
            DeleteIndexes(baseOffset);
        }

        segment.SetRecovered(valid, _nextOffset);
        segment.Modified.Note(segment, writtenMs < 0 ? NowMs : writtenMs);
        segment.DoubtfulBytes = isTrusted ? 0 : valid;
        segment.IsFlushed = isTrusted;
        _segments.Add(segment);
        return isLast;
    }

    /// <summary>Loads the index files and returns the position of the last batch they know, 0 where they are missing or wrong.</summary>
    private int LoadIndexes(LogSegment segment, int length)
    {
        // The last entries stand for the files: they say where the checked part ends and what the largest timestamp is.
        if (!IndexFiles.TryLoad(_indexCache, directory, segment, length, out OffsetEntry entry, out TimeEntry lastTime)
            || !Peek(segment, length).TryRead(entry.Position, out RecordBatchView batch)
            || batch.LastOffset - segment.BaseOffset != entry.RelativeOffset
            || !IsHeld(segment, lastTime, length))
        {
            segment.ClearIndexes();
            return 0;
        }

        _nextOffset = batch.BaseOffset;
        return entry.Position;
    }

    /// <summary>Tells whether the batch that an entry of the time index names has that timestamp.</summary>
    private static bool IsHeld(LogSegment segment, TimeEntry entry, int length)
    {
        BatchWindow window = Peek(segment, length);
        int position = segment.Offsets.FloorPosition(entry.RelativeOffset);
        long offset = segment.BaseOffset + entry.RelativeOffset;
        while (window.TryRead(position, out RecordBatchView batch) && batch.LastOffset <= offset)
        {
            if (batch.LastOffset == offset)
            {
                return batch.MaxTimestamp == entry.Timestamp;
            }

            position += batch.SizeBytes;
        }

        return false;
    }

    /// <summary>Checks batch after batch and indexes them; returns where the valid ones end.</summary>
    private int Scan(LogSegment segment, int from, int length, bool checksCrc)
    {
        int position = from;
        BatchWindow window = from > 0 ? Peek(segment, length) : Window(segment, length);
        while (window.TryRead(position, out RecordBatchView batch)
            && IsExpected(batch.BaseOffset)
            && batch.LastOffsetDelta >= 0
            && batch.LastOffset - segment.BaseOffset < int.MaxValue
            && (!checksCrc || batch.IsCrcValid()))
        {
            _index.Add(segment, position, batch);
            _epochs.Assign(batch.PartitionLeaderEpoch, batch.BaseOffset);
            position += batch.SizeBytes;
            _nextOffset = batch.LastOffset + 1;
        }

        // What the device cannot read now is not the end of the log: nothing is cut.
        window.Result.ThrowIfFailed($"Reading '{segment.Path}' behind byte {position}");
        return position;
    }

    /// <summary>A start looks at the ends of every segment that it trusts: not at whole chunks.</summary>
    private static BatchWindow Peek(LogSegment segment, int length) => new(segment, length, ResidentChunks.WantedOnly);

    private BatchWindow Window(LogSegment segment, int length) => new(segment, length, ResidentChunks.SecondsOf(time));

    /// <summary>Brings a tail into memory that is looked at byte by byte.</summary>
    private IoResult Populate(LogSegment segment, int from, int length) => segment.Populate(from, length, length, ResidentChunks.SecondsOf(time), out _);

    /// <summary>Cuts what is not valid off a segment; true where the log ends there, and the segments behind are gone.</summary>
    private bool Cut(LogSegment segment, int valid, int length, List<long> behind)
    {
        Populate(segment, valid, length).ThrowIfFailed($"Reading '{segment.Path}' behind byte {valid}");
        bool isZero = segment.Bytes(valid, length - valid).IndexOfAnyExcept((byte)0) < 0;

        // A full segment may have grown a tail of zeros once more, by an appender that was late; the power went before that was cut again.
        bool joinsOn = behind.Count > 0 && behind[0] == _nextOffset;
        bool isWhole = isZero && joinsOn;
        if (_nextOffset < recoveryPoint && !isWhole)
        {
            throw new StorageException($"'{segment.Path}' is damaged at byte {valid} (offset {_nextOffset}) in data that was flushed; nothing was changed. Restore the file from a copy, or move the partition's folder away to go on without it.");
        }

        if (!isZero)
        {
            _discarded.Count(segment, valid, length);
        }

        // A cleaner leaves no tail, so offsets that are missing behind one are lost ones. Those behind go first: a cut tail tells of nothing.
        if (behind.Count > 0 && !joinsOn)
        {
            Drop(behind);
        }

        // Zeros behind the end are what the append protocol relies on; they come back when the file grows again.
        segment.File!.SetLength(valid).ThrowIfFailed($"Cutting '{segment.Path}'");
        segment.File!.FlushData().ThrowIfFailed($"Flushing '{segment.Path}'");
        return !joinsOn;
    }

    /// <summary>Deletes segments that do not join on to the recovered end: they were begun, but their predecessor did not survive.</summary>
    private void Drop(IReadOnlyList<long> baseOffsets)
    {
        if (baseOffsets[0] < recoveryPoint)
        {
            throw new StorageException($"'{directory}' has no records from offset {_nextOffset} to {baseOffsets[0]}, which were flushed; nothing was changed. Restore the missing segment from a copy, or move the partition's folder away to go on without it.");
        }

        foreach (long baseOffset in baseOffsets)
        {
            string path = $"{directory}/{LogFiles.Segment(baseOffset)}";
            storage.Open(path, FileOpening.Existing, out IStorageFile? file).ThrowIfFailed($"Opening '{path}'");
            file!.Length(out long length).ThrowIfFailed($"Reading the length of '{path}'");
            if (length is > 0 and <= int.MaxValue)
            {
                var segment = new LogSegment(file, path, baseOffset, 1, (int)length);
                segment.EnsureMapped(storage, out _).ThrowIfFailed($"Mapping '{path}'");
                if (Populate(segment, 0, (int)length).IsOk)
                {
                    _discarded.Count(segment, 0, (int)length);
                }

                segment.Release();
            }
            else
            {
                file.Dispose();
            }

            storage.Delete(path).ThrowIfFailed($"Deleting '{path}'");
            DeleteIndexes(baseOffset);
        }

        storage.SyncDirectory(directory).ThrowIfFailed($"Flushing the directory '{directory}'");
    }

    private void DeleteIndexes(long baseOffset)
    {
        // One that stays would belong to a later segment with this base offset.
        foreach (string suffix in (ReadOnlySpan<string>)[LogFiles.OffsetIndexSuffix, LogFiles.TimeIndexSuffix, LogFiles.TransactionIndexSuffix])
        {
            string path = $"{directory}/{LogFiles.Of(baseOffset, suffix)}";
            storage.Delete(path).UnlessNotFound().ThrowIfFailed($"Deleting '{path}'");
        }
    }

    private long NowMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>
    /// Tells whether a segment follows the one before. Offsets that are missing between the two were cleaned away, or were in a tail that
    /// a power cut took with its length; then the file ends where an allocation ended, if it has anything. What is cleaned is below the
    /// recovery point before the cleaning begins.
    /// </summary>
    private bool JoinsOn(long baseOffset)
    {
        if (baseOffset == _nextOffset || !IsExpected(baseOffset))
        {
            return baseOffset == _nextOffset;
        }

        int size = SegmentWord.Position(Volatile.Read(ref _segments[^1].Published));
        bool mayBeCutShort = size % LogSegment.FirstAllocationStep == 0 || size == settings.SegmentBytes;
        return !mayBeCutShort || baseOffset <= Math.Max(recoveryPoint, cleanedOffset);
    }

    private bool IsExpected(long baseOffset) => baseOffset == _nextOffset || (baseOffset > _nextOffset && (settings.IsCompacted || baseOffset <= cleanedOffset));

    [LoggerMessage(Level = LogLevel.Warning, Message = "Recovery of {Directory} ended the log at offset {EndOffset}: {Bytes} bytes behind it were cut off, {Batches} complete batches among them; none of them was acknowledged as durable.")]
    private partial void LogDiscarded(string directory, long endOffset, long bytes, int batches);
}
