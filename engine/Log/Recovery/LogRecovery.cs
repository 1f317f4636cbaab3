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
/// <param name="directoryEpoch">
/// Makes new leader epochs durable for all logs of a directory; the log's folder is then flushed with its first records. Null for a log on its own:
/// both are durable when it is open.
/// </param>
internal sealed partial class LogRecovery(
    IStorage storage,
    string directory,
    LogSettings settings,
    long recoveryPoint,
    long logStartOffset,
    TimeProvider time,
    ILogger logger,
    long cleanedOffset = 0,
    IndexCache? indexCache = null,
    DirectoryEpoch? directoryEpoch = null)
{
    private readonly IndexCache _indexCache = indexCache ?? new IndexCache(storage);
    private readonly List<LogSegment> _segments = [];
    private readonly RecoveryChanges _changes = new(storage, directory);
    private IReadOnlyList<string> _names = []; // Of the files that the folder has.
    private long _nextOffset;
    private IndexBuilder _index;
    private readonly DiscardedTail _discarded = new();
    private LeaderEpochs _epochs = null!; // Set first.

    /// <summary>Makes the first segment of a log whose folder is new and empty; the names in it are flushed with the first records.</summary>
    /// <exception cref="StorageException">It could not be created.</exception>
    internal RecoveredLog Create(int epoch)
    {
        _epochs = LeaderEpochs.New(storage, directory, settings.Hooks);
        _epochs.Begin(epoch, 0);
        return new RecoveredLog([CreateSegment()], 0, 0, _epochs, new LoggedProducers(), _indexCache, 0, IsFolderDurable: false, null, 0, 0);
    }

    /// <summary>Opens the folder; makes the first segment where there is none.</summary>
    /// <exception cref="StorageException">The files cannot be read, or flushed data is damaged.</exception>
    internal RecoveredLog Open()
    {
        try
        {
            return OpenFolder();
        }
        catch
        {
            _segments.ForEach(static segment => segment.Release()); // A partition that is offline holds no descriptors.
            throw;
        }
    }

    private RecoveredLog OpenFolder()
    {
        _epochs = LeaderEpochs.Load(storage, directory, settings.Hooks);
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
            bool isLast = OpenSegment(baseOffsets[i], baseOffsets[(i + 1)..], isTrusted);
            settings.Hooks?.At(LogPoint.RecoverySegment, _segments[^1]);
            if (isLast)
            {
                break;
            }
        }

        _changes.Apply();
        if (logStartOffset > _nextOffset)
        {
            BeginAnewAt(logStartOffset);
        }

        bool isNew = _segments.Count == 0;
        if (isNew)
        {
            _segments.Add(CreateSegment());
            if (_nextOffset > 0)
            {
                // The checkpoint does not repeat a log start that is the first segment's name, so the name must be on disk before it is written.
                storage.SyncDirectory(directory).ThrowIfFailed($"Flushing the directory '{directory}'");
            }
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

        BeginEpoch();

        // A process that was killed may have made the files and left their names in the page cache only.
        bool isFolderDurable = recoveryPoint == long.MaxValue && !isNew && _epochs.IsStored;
        if (directoryEpoch is null && !isFolderDurable)
        {
            _epochs.Store();
            storage.SyncDirectory(directory).ThrowIfFailed($"Flushing the directory '{directory}'");
            isFolderDurable = true;
        }

        // Whole segments are cleaned, those that were flushed, and never the last one.
        bool mayBeCleaned = settings.IsCompacted || cleanedOffset > 0;
        long cleanableEnd = mayBeCleaned ? _segments.FindLast(segment => segment.BaseOffset <= recoveryPoint)?.BaseOffset ?? 0 : 0;
        LoggedProducers producers = LoggedProducerRecovery.Rebuild(storage, directory, _names, _segments, _nextOffset, cleanableEnd, ResidentChunks.SecondsOf(time), out long snapshotOffset);
        settings.Hooks?.At(LogPoint.RecoveryDone);
        long logStart = Math.Clamp(logStartOffset, _segments[0].BaseOffset, _nextOffset);
        return new RecoveredLog([.. _segments], Math.Min(recoveryPoint, _nextOffset), logStart, _epochs, producers, _indexCache, _index.BytesSinceEntry, isFolderDurable, recoveryPoint == long.MaxValue && snapshotOffset == _nextOffset ? snapshotOffset : null, _discarded.Bytes, _discarded.Batches);
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
            _changes.Delete(LogFiles.Segment(segment.BaseOffset));
            _changes.DeleteIndexes(segment.BaseOffset);
        }

        _segments.Clear();
        _changes.Apply();
        _nextOffset = offset;
        _index = new IndexBuilder(settings.IndexIntervalBytes, 0);
    }

    /// <summary>
    /// After an unclean end the next records are of a new epoch: offsets that a crash took are given out again, and a reader that had
    /// seen the old records can tell. Also in an empty log: a power cut may have taken all records that it had.
    /// </summary>
    private void BeginEpoch()
    {
        bool isClean = recoveryPoint == long.MaxValue;

        // Epochs whose records a crash took are not given out again either: a reader may have seen them.
        int latest = _epochs.Latest;
        _epochs.TruncateTo(_nextOffset);
        bool isWhole = isClean && _epochs.Latest == latest;
        int epoch = directoryEpoch?.After(latest, isWhole) ?? (isWhole && latest >= 0 ? latest : latest + 1);
        if (epoch != _epochs.Latest)
        {
            _epochs.Begin(epoch, _nextOffset);
        }
    }

    private List<long> FindSegments()
    {
        storage.List(directory, out _names).ThrowIfFailed($"Listing '{directory}'");
        OldFormatCheck.RefuseSwaps(storage, directory, _names);
        if (SwapRecovery.Finish(storage, directory, _names))
        {
            storage.List(directory, out _names).ThrowIfFailed($"Listing '{directory}'");
        }

        var baseOffsets = new List<long>();
        var indexes = new List<(string Name, long BaseOffset)>();
        foreach (string name in _names)
        {
            if (LogFiles.IsLeftover(name))
            {
                _changes.Delete(name);
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
                _changes.Delete(name);
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
        long length = LengthOf(file!, path);
        var segment = new LogSegment(file!, path, baseOffset, settings.SegmentBytes, (int)length) { CreatedMs = NowMs, Hooks = settings.Hooks };
        _segments.Add(segment);
        long writtenMs = storage.LastWriteMs(path); // Before anything is cut.
        _nextOffset = baseOffset;
        _index = new IndexBuilder(settings.IndexIntervalBytes, 0);
        int valid = 0;
        if (length > 0)
        {
            segment.EnsureMapped(storage, out _).ThrowIfFailed($"Mapping '{path}'");
            int from = isTrusted ? RecoveredIndexes.Load(_indexCache, directory, segment, (int)length, out _nextOffset) : 0;

            // Behind the last segment nothing says where it should end, so its tail is checked even where the rest is trusted.
            valid = Scan(segment, from, (int)length, checksCrc: from == 0 || isLast);
            if (RecoveredIndexes.Peek(segment, (int)length).TryRead(0, out RecordBatchView first))
            {
                segment.FirstTimestamp = first.MaxTimestamp;
            }
            else if (from > 0)
            {
                RefuseOldFormat(segment, 0, (int)length); // Before what the indexes know: messages from before an upgrade of Kafka.
            }

            segment.IndexFilesState = from > 0 ? IndexFiles.Durable : segment.IndexFilesState;
            if (valid < length)
            {
                RefuseOldFormat(segment, valid, (int)length);
                isLast |= Cut(segment, valid, (int)length, behind);
            }
        }

        if (valid == 0)
        {
            // Those of a longer life, or zeros that a killed Kafka laid out; an empty segment's files are written only when it has batches.
            _changes.DeleteIndexes(baseOffset);
        }

        segment.SetRecovered(valid, _nextOffset);
        segment.NoteModified(writtenMs < 0 ? NowMs : writtenMs);
        segment.DoubtfulBytes = isTrusted ? 0 : valid;
        segment.IsFlushed = isTrusted;
        return isLast;
    }

    /// <summary>Returns a segment's length; closes the file if it is none.</summary>
    private static long LengthOf(IStorageFile file, string path)
    {
        IoResult result = file.Length(out long length);
        if (result.IsOk && length <= int.MaxValue)
        {
            return length;
        }

        file.Dispose();
        result.ThrowIfFailed($"Reading the length of '{path}'");
        throw new StorageException($"The segment '{path}' has {length} bytes, Kafka's limit is {int.MaxValue}: neither Kafka nor Zurau wrote it.");
    }

    private void RefuseOldFormat(LogSegment segment, int from, int length) => OldFormatCheck.Refuse(segment, from, length, ResidentChunks.SecondsOf(time));

    /// <summary>Checks batch after batch and indexes them; returns where the valid ones end.</summary>
    private int Scan(LogSegment segment, int from, int length, bool checksCrc)
    {
        int position = from;
        BatchWindow window = from > 0 ? RecoveredIndexes.Peek(segment, length) : Window(segment, length);
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

    private BatchWindow Window(LogSegment segment, int length) => new(segment, length, ResidentChunks.SecondsOf(time));

    /// <summary>Cuts what is not valid off a segment; true where the log ends there, and the segments behind are gone.</summary>
    private bool Cut(LogSegment segment, int valid, int length, List<long> behind)
    {
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

        _changes.Truncate(segment, valid);
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
            long length = LengthOf(file!, path);
            var segment = new LogSegment(file!, path, baseOffset, 1, (int)length);
            try
            {
                if (length > 0)
                {
                    segment.EnsureMapped(storage, out _).ThrowIfFailed($"Mapping '{path}'");
                    RefuseOldFormat(segment, 0, (int)length);
                    _discarded.Count(segment, 0, (int)length);
                }
            }
            finally
            {
                segment.Release();
            }

            _changes.Delete(LogFiles.Segment(baseOffset));
            _changes.DeleteIndexes(baseOffset);
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
