using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// Opens the segments of a log one after the other, checks the batches that are not trusted and
/// rebuilds their indexes. Changes no file. Not thread-safe.
/// </summary>
/// <param name="storage">The data directory.</param>
/// <param name="directory">The partition's folder in it.</param>
/// <param name="settings">The log's settings.</param>
/// <param name="inputs">What is known of the log.</param>
/// <param name="time">The clock.</param>
/// <param name="indexCache">Caches pages of index files.</param>
/// <param name="epochs">Receives the epochs of the batches.</param>
internal sealed class SegmentRecovery(
    IStorage storage, string directory, LogSettings settings, RecoveryInputs inputs, TimeProvider time, IndexCache indexCache, LeaderEpochs epochs)
{
    private IndexBuilder _index; // Of the last opened segment.
    private long _endOffset;
    private int _latestEpoch = -1; // Of the batches that were scanned.

    /// <summary>Bytes of the last opened segment after its last index entry.</summary>
    internal int BytesSinceIndexEntry => _index.BytesSinceEntry;

    /// <summary>
    /// Opens a segment and checks the part of it that is not trusted; the caller releases it.
    /// </summary>
    /// <param name="baseOffset">The segment's base offset.</param>
    /// <param name="nextBaseOffset">That of the next segment; null if it is the last one.</param>
    /// <param name="scan">What was found.</param>
    /// <exception cref="StorageException">The file cannot be read, or begins with messages of
    /// an old format.</exception>
    internal LogSegment Open(long baseOffset, long? nextBaseOffset, out SegmentScan scan)
    {
        IStorageFile file = OpenFile(storage, directory, baseOffset, out string path, out int length);
        var segment = new LogSegment(file, path, baseOffset, settings.SegmentBytes, length) { CreatedMs = NowMs, Hooks = settings.Hooks };
        try
        {
            long writtenMs = storage.LastWriteMs(path); // Before anything is truncated.

            // The next segment was flushed in part, so the index files of this one were too:
            // only the tail after their last entry is checked. A recovery point exactly at this
            // segment's end may date from when it was active and had no index files.
            bool isTrusted = inputs.WasCleanShutdown || (nextBaseOffset is { } next && inputs.IsFlushed(next));
            _endOffset = baseOffset;
            _index = new IndexBuilder(settings.IndexIntervalBytes, 0);
            int valid = length > 0 ? Check(segment, length, isTrusted, isLast: nextBaseOffset is null) : 0;
            scan = new SegmentScan(length, valid, _endOffset, TailOf(segment, valid, length), nextBaseOffset);
            segment.SetRecovered(valid, _endOffset);
            segment.NoteModified(writtenMs < 0 ? NowMs : writtenMs);
            segment.DoubtfulBytes = isTrusted ? 0 : valid;
            segment.IsFlushed = isTrusted;
            return segment;
        }
        catch
        {
            segment.Release();
            throw;
        }
    }

    /// <summary>
    /// Opens a segment's file and returns its length; closes it if the length is not valid.
    /// </summary>
    /// <exception cref="StorageException">It cannot be opened, or is too long.</exception>
    internal static IStorageFile OpenFile(IStorage storage, string directory, long baseOffset, out string path, out int length)
    {
        path = $"{directory}/{LogFiles.Segment(baseOffset)}";
        storage.Open(path, FileOpening.Existing, out IStorageFile? file).ThrowIfFailed($"Opening '{path}'");
        IoResult result = file!.Length(out long longLength);
        if (result.IsOk && longLength <= int.MaxValue)
        {
            length = (int)longLength;
            return file;
        }

        file.Dispose();
        result.ThrowIfFailed($"Reading the length of '{path}'");
        throw new StorageException($"The segment '{path}' has {longLength} bytes, Kafka's limit is {int.MaxValue}: neither Kafka nor Zurau wrote it.");
    }

    /// <summary>Checks a segment that is not empty; returns the end position of its valid batches.</summary>
    private int Check(LogSegment segment, int length, bool isTrusted, bool isLast)
    {
        segment.EnsureMapped(storage, out _).ThrowIfFailed($"Mapping '{segment.Path}'");
        int from = isTrusted ? RecoveredIndexes.Load(indexCache, directory, segment, length, out _endOffset) : 0;

        // No later segment shows the end of the last one, so its tail is checked even if the
        // rest is trusted.
        int valid = Scan(segment, from, length, checksCrc: from == 0 || isLast);
        if (RecoveredIndexes.Peek(segment, length).TryRead(0, out RecordBatchView first))
        {
            segment.FirstTimestamp = first.MaxTimestamp;
        }
        else if (from > 0)
        {
            OldFormatCheck.Refuse(segment, 0, length, NowSeconds); // Before the indexed part: messages from before an upgrade of Kafka.
        }

        if (from > 0)
        {
            segment.IndexFilesState = IndexFilesState.Durable;
        }

        return valid;
    }

    /// <summary>
    /// Checks and indexes each batch; returns the end position of the valid ones.
    /// </summary>
    private int Scan(LogSegment segment, int from, int length, bool checksCrc)
    {
        int position = from;
        BatchWindow window = from > 0 ? RecoveredIndexes.Peek(segment, length) : new BatchWindow(segment, length, NowSeconds);
        while (window.TryRead(position, out RecordBatchView batch)
            && SegmentClassification.MayFollow(inputs, settings, _endOffset, batch.BaseOffset)
            && batch.LastOffsetDelta >= 0
            && batch.LastOffset - segment.BaseOffset < int.MaxValue
            && (!checksCrc || batch.IsCrcValid())
            && SegmentClassification.MayHaveEpoch(inputs, Math.Max(_latestEpoch, epochs.At(batch.BaseOffset)), batch.PartitionLeaderEpoch, batch.BaseOffset))
        {
            _latestEpoch = Math.Max(_latestEpoch, batch.PartitionLeaderEpoch);
            _index.Add(segment, position, batch);
            epochs.Assign(batch.PartitionLeaderEpoch, batch.BaseOffset);
            position += batch.SizeBytes;
            _endOffset = batch.LastOffset + 1;
        }

        // Bytes that the device cannot read now are not the end of the log: nothing is
        // truncated.
        window.Result.ThrowIfFailed($"Reading '{segment.Path}' after byte {position}");
        return position;
    }

    private SegmentTail TailOf(LogSegment segment, int valid, int length) =>
        valid == length ? SegmentTail.None
        : OldFormatCheck.Find(segment, valid, length, NowSeconds) is not null ? SegmentTail.OldFormat
        : segment.Bytes(valid, length - valid).IndexOfAnyExcept((byte)0) < 0 ? SegmentTail.Zeros
        : SegmentTail.Bytes;

    private long NowMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    private int NowSeconds => ResidentChunks.SecondsOf(time);
}
