using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log.Cleaning;

/// <summary>
/// One cleaning of one log, step by step. The first pass records the last offset of every key
/// in the dirty range. The second pass copies all segments from the log's beginning to the end
/// of that range, without the records that a later one of the same key has superseded; each
/// group of copies replaces its sources. If the map is full before the range ends, the cleaning
/// ends there too, and the next one continues. Each step needs the log's upkeep lock. Not
/// thread-safe.
/// </summary>
internal sealed class LogCleaning : IDisposable
{
    private readonly LogUpkeep _log;
    private readonly CleanerSettings _settings;
    private readonly CleanableRange _range;
    private readonly OffsetMap _map;
    private readonly BatchCleaner _batches;
    private readonly CleanedTransactions _copied = new();
    private readonly CleanedTransactions _mapped = new();
    private readonly KeyedRecords _records = new();
    private readonly Queue<LogSegment> _toMap;
    private readonly Queue<LogSegment[]> _groups = new();
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(CleanedSegment.BufferBytes);
    private SourceReader? _reader;
    private LogSegment[] _group = [];
    private int _inGroup; // Index of the segment in the group that is being copied.
    private CleanedSegment? _cleaned;
    private long? _written; // Base offset of the files that are written and have not replaced their sources yet.
    private bool _isMapped;

    /// <param name="log">The log.</param>
    /// <param name="range">The range to clean.</param>
    /// <param name="settings">The cleaner's settings.</param>
    /// <param name="random">Generates the secret of the key hash.</param>
    /// <param name="nowMs">The clock.</param>
    /// <param name="producers">The producers at the log's end; null if they are not known.</param>
    /// <exception cref="InvalidRecordException">The producers are not known.</exception>
    internal LogCleaning(LogUpkeep log, CleanableRange range, CleanerSettings settings, Random random, long nowMs, IReadOnlyDictionary<long, LoggedProducer>? producers)
    {
        _log = log;
        _settings = settings;
        _range = range;
        _map = new OffsetMap(settings.DedupeBufferBytes, settings.LoadFactor, random) { LatestOffset = range.FirstDirty - 1 };
        _batches = new BatchCleaner(
            _map,
            _copied,
            producers ?? throw new InvalidRecordException($"The producers of {log.Context.Partition} are not known: a transaction marker could not be read."),
            range.End,
            nowMs,
            log.Context.Settings.Value);
        _copied.Add(AbortedIn(log, 0, range.End)); // The first segment is copied from its beginning, which may be below the log start offset.
        _mapped.Add(AbortedIn(log, range.FirstDirty, range.End));
        _toMap = new Queue<LogSegment>(Sources().Where(segment => EndOf(segment) > range.FirstDirty));
    }

    /// <summary>True when every group has replaced its sources.</summary>
    internal bool IsDone { get; private set; }

    /// <summary>
    /// The error of renaming the files of the last group; renaming is tried again.
    /// </summary>
    internal IoResult Settled { get; private set; }

    /// <summary>Everything below is clean when the cleaning is done.</summary>
    internal long CleanedOffset => _map.LatestOffset + 1;

    /// <summary>
    /// Everything below is clean when the group that is being copied has replaced its sources.
    /// </summary>
    private long NextCleanedOffset => Math.Max(_range.FirstDirty, Math.Min(CleanedOffset, EndOf(_group[^1])));

    internal long BytesRead { get; private set; }

    internal long BytesWritten { get; private set; }

    internal long RecordsRead => _batches.RecordsRead;

    internal long RecordsKept => _batches.RecordsKept;

    internal long MapBytes => _map.SizeBytes;

    /// <summary>
    /// Does a bounded part of the work, and returns early if a flush is needed; false if a
    /// source was removed, so that the cleaning must begin again.
    /// </summary>
    /// <param name="nowMs">Monotonic milliseconds; the delay of the replaced files' deletion
    /// begins then.</param>
    /// <exception cref="StorageException">The disk is full or has failed.</exception>
    /// <exception cref="InvalidRecordException">The log is damaged.</exception>
    /// <exception cref="CompressionException">The kept records of a batch cannot be
    /// compressed.</exception>
    internal bool Step(long nowMs)
    {
        long until = BytesRead + _settings.StepBytes;
        while (!IsDone && BytesRead < until)
        {
            if (!(_isMapped ? Copy(until, nowMs) : Map(until)))
            {
                return false;
            }

            if (NeedsFlush)
            {
                return true;
            }
        }

        return true;
    }

    /// <summary>Whether the next step begins with <see cref="Flush"/>.</summary>
    internal bool NeedsFlush => _inGroup == _group.Length && _cleaned is { IsFlushed: false };

    /// <summary>
    /// Makes a copied group durable, which may take long; called without the upkeep lock, so
    /// that no other thread waits for it.
    /// </summary>
    /// <exception cref="StorageException">The disk is full or has failed.</exception>
    internal void Flush() => _cleaned!.Flush();

    /// <summary>
    /// Discards files that have not replaced their sources; the next
    /// <see cref="SegmentRemover.Settle"/> deletes them. While the log is open the caller holds
    /// its upkeep lock.
    /// </summary>
    public void Dispose()
    {
        _reader?.Dispose();
        _reader = null;
        _batches.Dispose();
        if (_cleaned is not null && !_log.Segments.All.Contains(_cleaned.Segment))
        {
            _cleaned.Segment.Close(); // One that is in the list stays in use, whatever failed after that.
        }

        _cleaned = null;
        if (_written is { } baseOffset && _log.Context.Lifecycle.State != LogState.Closed)
        {
            _log.Remover.Discard(baseOffset); // The folder of a closed log may be deleted, or belong to another topic.
        }

        _written = null;
    }

    private static IEnumerable<AbortedTransaction> AbortedIn(LogUpkeep log, long from, long end) =>
        log.Segments.All.SelectMany(AbortedIn).Where(aborted => aborted.LastOffset >= from && aborted.FirstOffset < end);

    private static AbortedTransaction[] AbortedIn(LogSegment segment)
    {
        segment.Transactions.Entries.ReadAll(out AbortedTransaction[] aborted).ThrowIfFailed($"Reading the aborted transactions of '{segment.Path}'");
        return aborted;
    }

    private static long EndOf(LogSegment segment) => Volatile.Read(ref segment.Next)!.BaseOffset;

    private LogSegment[] Sources() => [.. _log.Segments.All.TakeWhile(segment => segment.BaseOffset < _range.End)];

    private bool Map(long until)
    {
        if (!_toMap.TryPeek(out LogSegment? segment))
        {
            EndMap();
            return true;
        }

        if (_reader is null)
        {
            if (segment.IsGivenUp)
            {
                return false;
            }

            int position = segment.BaseOffset >= _range.FirstDirty ? 0 : segment.Offsets.FloorPosition((int)Math.Min(_range.FirstDirty - segment.BaseOffset, int.MaxValue));
            _reader = new SourceReader(_log.Context.Directory.Storage, segment, position, _settings.IoBufferBytes);
        }

        while (BytesRead < until)
        {
            if (!_reader.TryRead(out RecordBatchView batch))
            {
                // Offsets that are missing at the segment's end have no records to map.
                _map.LatestOffset = Math.Max(_map.LatestOffset, EndOf(segment) - 1);
                EndReader();
                _toMap.Dequeue();
                return true;
            }

            BytesRead += batch.SizeBytes;
            if (!TryMap(batch))
            {
                EndReader();
                EndMap();
                return true;
            }
        }

        return true;
    }

    /// <summary>Adds the keys of a batch to the map; false if the map is full.</summary>
    private bool TryMap(RecordBatchView batch)
    {
        if (batch.IsControl)
        {
            _mapped.IsWithoutData(batch, out _);
        }
        else if (!_mapped.IsAborted(batch) && batch.LastOffset >= _range.FirstDirty)
        {
            using DecompressedRecords decompressed = batch.Decompress();
            RecordReader records = batch.Records(decompressed);
            while (_records.Read(ref records, _map))
            {
                foreach (ref readonly KeyedRecords.Entry record in _records.Entries)
                {
                    if (record.Offset < _range.FirstDirty)
                    {
                        continue;
                    }

                    if (record.HasKey && !_map.TryPut(record.Hash, record.Offset))
                    {
                        return false;
                    }

                    _map.LatestOffset = record.Offset;
                }
            }
        }

        _map.LatestOffset = Math.Max(_map.LatestOffset, batch.LastOffset);
        return true;
    }

    private void EndMap()
    {
        _isMapped = true;
        _log.Context.Hooks?.At(LogPoint.CleanMapped);
        LogSegment[] sources = [.. Sources().TakeWhile(segment => segment.BaseOffset < CleanedOffset)];
        foreach (LogSegment[] group in SegmentGroups.Of(sources, _log.Context.Settings.Value))
        {
            _groups.Enqueue(group);
        }

        IsDone = _groups.Count == 0;
    }

    private bool Copy(long until, long nowMs)
    {
        if (_cleaned is null)
        {
            // Pending renames of an earlier swap or a discarded cleaning come first: startup
            // cannot distinguish two of them.
            _log.Remover.Settle(nowMs).ThrowIfFailed($"Changing names of segments of {_log.Context.Partition}");
            _group = _groups.Dequeue();
            _inGroup = 0;
            _written = _group[0].BaseOffset;
            _cleaned = new CleanedSegment(_log.Context, _group[0].BaseOffset, _buffer);
        }

        if (_inGroup < _group.Length)
        {
            if (_reader is null && _group[_inGroup].IsGivenUp)
            {
                return false;
            }

            _reader ??= new SourceReader(_log.Context.Directory.Storage, _group[_inGroup], 0, _settings.IoBufferBytes);
            while (BytesRead < until)
            {
                if (!_reader.TryRead(out RecordBatchView batch))
                {
                    EndReader();
                    if (++_inGroup == _group.Length)
                    {
                        _cleaned.WriteRest();
                    }

                    return true;
                }

                BytesRead += batch.SizeBytes;
                _batches.Clean(batch, _cleaned);
                _log.Context.Hooks?.At(LogPoint.CleanCopied);
            }

            return true;
        }

        if (NeedsFlush)
        {
            Flush();
        }

        _cleaned.Complete(_group.Max(static segment => segment.Modified.Ms));
        BytesWritten += _cleaned.SizeBytes;
        if (!SegmentSwap.TryReplace(_log, _group, _cleaned.Segment, NextCleanedOffset, nowMs, out IoResult settled))
        {
            return false;
        }

        Settled = settled;

        _cleaned = null;
        _written = null;
        IsDone = _groups.Count == 0;
        return true;
    }

    private void EndReader()
    {
        _reader!.Dispose();
        _reader = null;
    }
}
