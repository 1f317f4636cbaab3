using Microsoft.Extensions.Logging;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// Opens a partition's folder: finds its segments, checks every batch and rebuilds the indexes.
/// Above the recovery point the log ends at the first hole, bad checksum or unexpected offset,
/// and the rest is truncated: it was never acknowledged as durable. Below it, and after a clean
/// shutdown, a bad batch is damage: it is reported with file and offset, and nothing is
/// truncated. <see cref="SegmentClassification"/> decides, this class applies.
/// </summary>
/// <param name="storage">The data directory.</param>
/// <param name="directory">The partition's folder in it.</param>
/// <param name="settings">The log's settings.</param>
/// <param name="inputs">What is known of the log.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Logs what was truncated.</param>
/// <param name="indexCache">Caches pages of index files; null to create one for this
/// log.</param>
/// <param name="directoryEpoch">Makes new leader epochs durable for all logs of a directory;
/// the log's folder is then flushed with its first records. Null for a single log: then both
/// are durable when it is open.</param>
internal sealed partial class LogRecovery(
    IStorage storage,
    string directory,
    LogSettings settings,
    RecoveryInputs inputs,
    TimeProvider time,
    ILogger logger,
    IndexCache? indexCache = null,
    DirectoryEpoch? directoryEpoch = null)
{
    private readonly IndexCache _indexCache = indexCache ?? new IndexCache(storage);
    private readonly List<LogSegment> _segments = [];
    private readonly RecoveryChanges _changes = new(storage, directory);
    private readonly DiscardedTail _discarded = new();
    private IReadOnlyList<string> _names = []; // Of the files in the folder.
    private long _endOffset; // The exclusive end offset of the recovered part.
    private int _bytesSinceIndexEntry;
    private LeaderEpochs _epochs = null!; // Set first.

    /// <summary>
    /// Creates the first segment of a log in a new, empty folder; the names in it are flushed
    /// with the first records.
    /// </summary>
    /// <exception cref="StorageException">It could not be created.</exception>
    internal RecoveredLog Create(int epoch)
    {
        _epochs = LeaderEpochs.New(storage, directory, settings.Hooks);
        _epochs.Begin(epoch, 0);
        return new RecoveredLog([CreateSegment()], 0, 0, _epochs, new LoggedProducers(), _indexCache, 0, IsFolderDurable: false, null, 0, 0);
    }

    /// <summary>Opens the folder; creates the first segment if there is none.</summary>
    /// <exception cref="StorageException">The files cannot be read, or flushed data is
    /// damaged.</exception>
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
        RecoverSegments(SegmentFiles.Find(storage, directory, _changes, out _names));
        _changes.Apply();
        if (inputs.LogStartOffset > _endOffset)
        {
            BeginAtLogStart(inputs.LogStartOffset);
        }

        bool isNew = _segments.Count == 0;
        if (isNew)
        {
            _segments.Add(CreateSegment());
            if (_endOffset > 0)
            {
                // The checkpoint omits a log start offset that equals the first segment's name,
                // so the name must be on disk before the checkpoint is written.
                SyncFolder();
            }
        }

        LinkSegments();
        if (_discarded.Bytes > 0)
        {
            LogDiscarded(directory, _endOffset, _discarded.Bytes, _discarded.Batches);
        }

        BeginEpoch();

        // A killed process may have created the files and left their names only in the page
        // cache.
        bool isFolderDurable = inputs.WasCleanShutdown && !isNew && _epochs.IsStored;
        if (directoryEpoch is null && !isFolderDurable)
        {
            _epochs.Store();
            SyncFolder();
            isFolderDurable = true;
        }

        LoggedProducers producers = LoggedProducerRecovery.Rebuild(storage, directory, _names, _segments, _endOffset, CleanableEnd(), ResidentChunks.SecondsOf(time), out long snapshotOffset);
        settings.Hooks?.At(LogPoint.RecoveryDone);
        return new RecoveredLog(
            [.. _segments],
            inputs.FlushedEnd(_endOffset),
            Math.Clamp(inputs.LogStartOffset, _segments[0].BaseOffset, _endOffset),
            _epochs,
            producers,
            _indexCache,
            _bytesSinceIndexEntry,
            isFolderDurable,
            inputs.WasCleanShutdown && snapshotOffset == _endOffset ? snapshotOffset : null,
            _discarded.Bytes,
            _discarded.Batches);
    }

    /// <summary>
    /// Opens, classifies and repairs the segments in order, up to the end of the log.
    /// </summary>
    private void RecoverSegments(List<long> baseOffsets)
    {
        var recovery = new SegmentRecovery(storage, directory, settings, inputs, time, _indexCache, _epochs);
        for (int i = 0; i < baseOffsets.Count; i++)
        {
            LogSegment segment = recovery.Open(baseOffsets[i], i + 1 < baseOffsets.Count ? baseOffsets[i + 1] : null, out SegmentScan scan);
            _segments.Add(segment);
            _endOffset = scan.EndOffset;
            _bytesSinceIndexEntry = recovery.BytesSinceIndexEntry;
            settings.Hooks?.At(LogPoint.RecoverySegment, segment);
            if (scan.ValidBytes == 0)
            {
                // They belong to records that were truncated, or are zeros that a killed Kafka
                // preallocated; index files are written only when a segment has batches.
                _changes.DeleteIndexes(segment.BaseOffset);
            }

            SegmentOutcome outcome = SegmentClassification.Of(inputs, settings, scan);
            Apply(outcome, segment, scan, baseOffsets[(i + 1)..]);
            if (outcome == SegmentOutcome.LostTail)
            {
                return;
            }
        }
    }

    /// <summary>Adds what an outcome changes on disk, or refuses the log.</summary>
    /// <exception cref="StorageException">Flushed data is damaged, or the segment has messages
    /// of an old format; nothing was changed.</exception>
    private void Apply(SegmentOutcome outcome, LogSegment segment, SegmentScan scan, IReadOnlyList<long> later)
    {
        switch (outcome)
        {
            case SegmentOutcome.Complete or SegmentOutcome.GapAllowedByCleaning:
                break;
            case SegmentOutcome.ZeroTail or SegmentOutcome.TornTail:
                Truncate(segment, scan);
                break;
            case SegmentOutcome.LostTail:
                // Later segments are dropped first: a truncated tail no longer shows the loss.
                Drop(later);
                Truncate(segment, scan);
                break;
            case SegmentOutcome.CorruptBelowRecoveryPoint:
                throw new StorageException($"'{segment.Path}' is damaged at byte {scan.ValidBytes} (offset {scan.EndOffset}) in data that was flushed; nothing was changed. Restore the file from a copy, or move the partition's folder away to continue without it.");
            case SegmentOutcome.MissingBelowRecoveryPoint:
                throw new StorageException($"'{directory}' has no records from offset {scan.EndOffset} to {scan.NextBaseOffset}, which were flushed; nothing was changed. Restore the missing segment from a copy, or move the partition's folder away to continue without it.");
            case SegmentOutcome.OldFormat:
                throw OldFormatCheck.Find(segment, scan.ValidBytes, scan.LengthBytes, ResidentChunks.SecondsOf(time))!;
            default:
                throw new InvalidOperationException($"Recovery of '{segment.Path}' has no rule for {outcome}.");
        }
    }

    private void Truncate(LogSegment segment, SegmentScan scan)
    {
        if (scan.Tail == SegmentTail.Bytes)
        {
            _discarded.Count(segment, scan.ValidBytes, scan.LengthBytes);
        }

        if (scan.Tail != SegmentTail.None)
        {
            _changes.Truncate(segment, scan.ValidBytes);
        }
    }

    /// <summary>
    /// Deletes segments that do not follow the recovered end: their predecessor was not
    /// recovered completely.
    /// </summary>
    private void Drop(IReadOnlyList<long> baseOffsets)
    {
        foreach (long baseOffset in baseOffsets)
        {
            IStorageFile file = SegmentRecovery.OpenFile(storage, directory, baseOffset, out string path, out int length);
            var segment = new LogSegment(file, path, baseOffset, 1, length);
            try
            {
                if (length > 0)
                {
                    segment.EnsureMapped(storage, out _).ThrowIfFailed($"Mapping '{path}'");
                    OldFormatCheck.Refuse(segment, 0, length, ResidentChunks.SecondsOf(time));
                    _discarded.Count(segment, 0, length);
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

    /// <summary>Links the segments; appends continue in the last one.</summary>
    private void LinkSegments()
    {
        _segments[^1].IsFlushed = false; // It counts as flushed after a flush when it is full.
        for (int i = 1; i < _segments.Count; i++)
        {
            _segments[i - 1].SetSuccessor(_segments[i]);
        }
    }

    /// <summary>
    /// Returns the offset below which the log may have been cleaned: only whole, flushed
    /// segments are, and never the last one.
    /// </summary>
    private long CleanableEnd() => settings.IsCompacted || inputs.CleanedOffset is null or > 0
        ? _segments.FindLast(segment => inputs.IsFlushedUpTo(segment.BaseOffset))?.BaseOffset ?? 0
        : 0;

    private void SyncFolder() => storage.SyncDirectory(directory).ThrowIfFailed($"Flushing the directory '{directory}'");

    /// <summary>
    /// A power loss truncated records that had been deleted: all remaining records are below the
    /// log start offset, so they are deleted, and no deleted offset is assigned again.
    /// </summary>
    private void BeginAtLogStart(long offset)
    {
        foreach (LogSegment segment in _segments)
        {
            segment.Release();
            _changes.Delete(LogFiles.Segment(segment.BaseOffset));
            _changes.DeleteIndexes(segment.BaseOffset);
        }

        _segments.Clear();
        _changes.Apply();
        _endOffset = offset;
        _bytesSinceIndexEntry = 0;
    }

    /// <summary>
    /// Begins a new epoch after an unclean shutdown: offsets that a crash lost are assigned
    /// again, and a reader that has seen the old records detects it. Also in an empty log: a
    /// power loss may have lost all of its records.
    /// </summary>
    private void BeginEpoch()
    {
        // Epochs whose records a crash lost are not assigned again either: a reader may have
        // seen them.
        int latest = _epochs.Latest;
        _epochs.TruncateTo(_endOffset);
        bool isWhole = inputs.WasCleanShutdown && _epochs.Latest == latest;
        int epoch = directoryEpoch?.After(latest, isWhole) ?? (isWhole && latest >= 0 ? latest : latest + 1);
        if (epoch != _epochs.Latest)
        {
            _epochs.Begin(epoch, _endOffset);
        }
    }

    private LogSegment CreateSegment()
    {
        string path = $"{directory}/{LogFiles.Segment(_endOffset)}";
        storage.Open(path, FileOpening.New, out IStorageFile? file).ThrowIfFailed($"Creating '{path}'");
        return new LogSegment(file!, path, _endOffset, settings.SegmentBytes, 0) { CreatedMs = NowMs, Hooks = settings.Hooks };
    }

    private long NowMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    [LoggerMessage(Level = LogLevel.Warning, Message = "Recovery of {Directory} ended the log at offset {EndOffset}: {Bytes} bytes after it were truncated, {Batches} complete batches among them; none of them was acknowledged as durable.")]
    private partial void LogDiscarded(string directory, long endOffset, long bytes, int batches);
}
