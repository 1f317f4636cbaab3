using Microsoft.Extensions.Logging;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// Opens a partition's folder: finds its segments, checks every batch and rebuilds the indexes. Above the recovery point the
/// log ends at the first hole, bad checksum or unexpected offset, and the rest is truncated: it was never acknowledged as
/// durable. Below it, and after a clean shutdown, a bad batch is damage: it is reported with file and offset, and nothing is
/// truncated.
/// </summary>
/// <param name="storage">The data directory.</param>
/// <param name="directory">The partition's folder in it.</param>
/// <param name="settings">The log's settings.</param>
/// <param name="recoveryPoint">Everything below was flushed; <see cref="long.MaxValue"/> after a clean shutdown.</param>
/// <param name="logStartOffset">The checkpointed log start offset; 0 for none.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Logs what was truncated.</param>
/// <param name="cleanedOffset">The offset below which offsets may be missing because the log was cleaned;
/// <see cref="long.MaxValue"/> if it is not known.</param>
/// <param name="indexCache">Caches pages of index files; null to create one for this log.</param>
/// <param name="directoryEpoch">Makes new leader epochs durable for all logs of a directory; the log's folder is then flushed
/// with its first records. Null for a single log: then both are durable when it is open.</param>
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
    private IReadOnlyList<string> _names = []; // Of the files in the folder.
    private long _nextOffset;
    private IndexBuilder _index;
    private readonly DiscardedTail _discarded = new();
    private LeaderEpochs _epochs = null!; // Set first.

    /// <summary>
    /// Creates the first segment of a log in a new, empty folder; the names in it are flushed with the first records.
    /// </summary>
    /// <exception cref="StorageException">It could not be created.</exception>
    internal RecoveredLog Create(int epoch)
    {
        _epochs = LeaderEpochs.New(storage, directory, settings.Hooks);
        _epochs.Begin(epoch, 0);
        return new RecoveredLog([CreateSegment()], 0, 0, _epochs, new LoggedProducers(), _indexCache, 0, IsFolderDurable: false, null, 0, 0);
    }

    /// <summary>Opens the folder; creates the first segment if there is none.</summary>
    /// <exception cref="StorageException">The files cannot be read, or flushed data is damaged.</exception>
    internal RecoveredLog Open()
    {
        try
        {
            return OpenFolder();
        }
        catch
        {
            _segments.ForEach(static segment => segment.Release()); // An offline partition holds no file descriptors.
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

            // The next segment was flushed in part, so the index files of this one were too: only the tail after their last
            // entry is checked. A recovery point exactly at this segment's end may date from when it was active and had no
            // index files.
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
                // The checkpoint omits a log start offset that equals the first segment's name, so the name must be on disk
                // before the checkpoint is written.
                storage.SyncDirectory(directory).ThrowIfFailed($"Flushing the directory '{directory}'");
            }
        }

        // Appends continue there: it counts as flushed after a flush when it is full.
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

        // A killed process may have created the files and left their names only in the page cache.
        bool isFolderDurable = recoveryPoint == long.MaxValue && !isNew && _epochs.IsStored;
        if (directoryEpoch is null && !isFolderDurable)
        {
            _epochs.Store();
            storage.SyncDirectory(directory).ThrowIfFailed($"Flushing the directory '{directory}'");
            isFolderDurable = true;
        }

        // Only whole, flushed segments are cleaned, and never the last one.
        bool mayBeCleaned = settings.IsCompacted || cleanedOffset > 0;
        long cleanableEnd = mayBeCleaned ? _segments.FindLast(segment => segment.BaseOffset <= recoveryPoint)?.BaseOffset ?? 0 : 0;
        LoggedProducers producers = LoggedProducerRecovery.Rebuild(storage, directory, _names, _segments, _nextOffset, cleanableEnd, ResidentChunks.SecondsOf(time), out long snapshotOffset);
        settings.Hooks?.At(LogPoint.RecoveryDone);
        long logStart = Math.Clamp(logStartOffset, _segments[0].BaseOffset, _nextOffset);
        return new RecoveredLog([.. _segments], Math.Min(recoveryPoint, _nextOffset), logStart, _epochs, producers, _indexCache, _index.BytesSinceEntry, isFolderDurable, recoveryPoint == long.MaxValue && snapshotOffset == _nextOffset ? snapshotOffset : null, _discarded.Bytes, _discarded.Batches);
    }

    /// <summary>
    /// A power loss truncated records that had been deleted: all remaining records are below the log start offset, so they
    /// are deleted, and no deleted offset is assigned again.
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
    /// Begins a new epoch after an unclean shutdown: offsets that a crash lost are assigned again, and a reader that has seen
    /// the old records detects it. Also in an empty log: a power loss may have lost all of its records.
    /// </summary>
    private void BeginEpoch()
    {
        bool isClean = recoveryPoint == long.MaxValue;

        // Epochs whose records a crash lost are not assigned again either: a reader may have seen them.
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

        // Names are in ordinal order, so the offsets ascend.
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

    /// <summary>
    /// Opens a segment and checks the part of it that is not trusted; true if the log ends in it: later segments are then
    /// dropped.
    /// </summary>
    private bool OpenSegment(long baseOffset, List<long> behind, bool isTrusted)
    {
        bool isLast = behind.Count == 0;
        string path = $"{directory}/{LogFiles.Segment(baseOffset)}";
        storage.Open(path, FileOpening.Existing, out IStorageFile? file).ThrowIfFailed($"Opening '{path}'");
        long length = LengthOf(file!, path);
        var segment = new LogSegment(file!, path, baseOffset, settings.SegmentBytes, (int)length) { CreatedMs = NowMs, Hooks = settings.Hooks };
        _segments.Add(segment);
        long writtenMs = storage.LastWriteMs(path); // Before anything is truncated.
        _nextOffset = baseOffset;
        _index = new IndexBuilder(settings.IndexIntervalBytes, 0);
        int valid = 0;
        if (length > 0)
        {
            segment.EnsureMapped(storage, out _).ThrowIfFailed($"Mapping '{path}'");
            int from = isTrusted ? RecoveredIndexes.Load(_indexCache, directory, segment, (int)length, out _nextOffset) : 0;

            // No later segment shows the end of the last one, so its tail is checked even if the rest is trusted.
            valid = Scan(segment, from, (int)length, checksCrc: from == 0 || isLast);
            if (RecoveredIndexes.Peek(segment, (int)length).TryRead(0, out RecordBatchView first))
            {
                segment.FirstTimestamp = first.MaxTimestamp;
            }
            else if (from > 0)
            {
                RefuseOldFormat(segment, 0, (int)length); // Before the indexed part: messages from before an upgrade of Kafka.
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
            // They belong to records that were truncated, or are zeros that a killed Kafka preallocated; index files are
            // written only when a segment has batches.
            _changes.DeleteIndexes(baseOffset);
        }

        segment.SetRecovered(valid, _nextOffset);
        segment.NoteModified(writtenMs < 0 ? NowMs : writtenMs);
        segment.DoubtfulBytes = isTrusted ? 0 : valid;
        segment.IsFlushed = isTrusted;
        return isLast;
    }

    /// <summary>Returns a segment's length; closes the file if the length is not valid.</summary>
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

    /// <summary>Checks and indexes each batch; returns the end position of the valid ones.</summary>
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

        // Bytes that the device cannot read now are not the end of the log: nothing is truncated.
        window.Result.ThrowIfFailed($"Reading '{segment.Path}' after byte {position}");
        return position;
    }

    private BatchWindow Window(LogSegment segment, int length) => new(segment, length, ResidentChunks.SecondsOf(time));

    /// <summary>Truncates a segment to its valid part; true if the log ends there: later segments are then dropped.</summary>
    private bool Cut(LogSegment segment, int valid, int length, List<long> behind)
    {
        bool isZero = segment.Bytes(valid, length - valid).IndexOfAnyExcept((byte)0) < 0;

        // A late appender may have extended a full segment with zeros again, and the power failed before they were truncated.
        bool joinsOn = behind.Count > 0 && behind[0] == _nextOffset;
        bool isWhole = isZero && joinsOn;
        if (_nextOffset < recoveryPoint && !isWhole)
        {
            throw new StorageException($"'{segment.Path}' is damaged at byte {valid} (offset {_nextOffset}) in data that was flushed; nothing was changed. Restore the file from a copy, or move the partition's folder away to continue without it.");
        }

        if (!isZero)
        {
            _discarded.Count(segment, valid, length);
        }

        // A cleaner leaves no tail, so offsets that are missing after a tail are lost. Later segments are dropped first: a
        // truncated tail no longer shows the loss.
        if (behind.Count > 0 && !joinsOn)
        {
            Drop(behind);
        }

        _changes.Truncate(segment, valid);
        return !joinsOn;
    }

    /// <summary>Deletes segments that do not follow the recovered end: their predecessor was not recovered completely.</summary>
    private void Drop(IReadOnlyList<long> baseOffsets)
    {
        if (baseOffsets[0] < recoveryPoint)
        {
            throw new StorageException($"'{directory}' has no records from offset {_nextOffset} to {baseOffsets[0]}, which were flushed; nothing was changed. Restore the missing segment from a copy, or move the partition's folder away to continue without it.");
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
    /// Returns whether a segment follows the previous one. Offsets that are missing between the two were removed by the
    /// cleaner, or were in a tail that a power loss truncated; then the file ends at the end of an allocation, or is empty.
    /// Cleaned records are below the recovery point before the cleaning begins.
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "Recovery of {Directory} ended the log at offset {EndOffset}: {Bytes} bytes after it were truncated, {Batches} complete batches among them; none of them was acknowledged as durable.")]
    private partial void LogDiscarded(string directory, long endOffset, long bytes, int batches);
}
