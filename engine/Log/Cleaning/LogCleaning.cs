using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log.Cleaning;

/// <summary>
/// One cleaning of one log, step by step. First the last offset of every key in the dirty range is noted; then all segments from the log's
/// beginning to the end of that range are copied without the records that a later one of their key has made void, and each group of them
/// is put in the place of its sources. Where the map is full before the range ends, the cleaning ends there too, and the next one goes on.
/// Each step needs the log's upkeep lock. Not thread-safe.
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
    private int _inGroup; // Which segment of the group is being copied.
    private CleanedSegment? _cleaned;
    private long? _written; // Base offset of the files that are written and in nobody's place yet.
    private bool _isMapped;

    /// <param name="log">The log.</param>
    /// <param name="range">What is cleaned of it.</param>
    /// <param name="settings">The cleaner's settings.</param>
    /// <param name="random">Gives the hash of keys its secret.</param>
    /// <param name="nowMs">The clock.</param>
    /// <param name="producers">The producers as they are on disk; null where they cannot be known.</param>
    /// <exception cref="InvalidRecordException">What the log's records say of its producers is not known.</exception>
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
        _copied.Add(AbortedIn(log, 0, range.End)); // The first segment is copied from its beginning, which may be below the log start.
        _mapped.Add(AbortedIn(log, range.FirstDirty, range.End));
        _toMap = new Queue<LogSegment>(Sources().Where(segment => EndOf(segment) > range.FirstDirty));
    }

    /// <summary>True once every group is in its place.</summary>
    internal bool IsDone { get; private set; }

    /// <summary>Why the names of the last group that was put in its place are still to be changed.</summary>
    internal IoResult Settled { get; private set; }

    /// <summary>Everything below is clean when it is done.</summary>
    internal long CleanedOffset => _map.LatestOffset + 1;

    /// <summary>Everything below is clean once the group that is being copied is in its place.</summary>
    private long NextCleanedOffset => Math.Max(_range.FirstDirty, Math.Min(CleanedOffset, EndOf(_group[^1])));

    internal long BytesRead { get; private set; }

    internal long BytesWritten { get; private set; }

    internal long RecordsRead => _batches.RecordsRead;

    internal long RecordsKept => _batches.RecordsKept;

    internal long MapBytes => _map.SizeBytes;

    /// <summary>Does a bounded piece, and ends it where a flush is needed; false if a source was removed, so that the cleaning must begin again.</summary>
    /// <param name="nowMs">Monotonic milliseconds, from which on replaced files wait to be deleted.</param>
    /// <exception cref="StorageException">The disk is full or broken.</exception>
    /// <exception cref="InvalidRecordException">The log is damaged.</exception>
    /// <exception cref="CompressionException">What is kept of a batch cannot be compressed.</exception>
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

    /// <summary>Whether <see cref="Flush"/> is what the next step begins with.</summary>
    internal bool NeedsFlush => _inGroup == _group.Length && _cleaned is { IsFlushed: false };

    /// <summary>Makes a copied group durable, which may take long; without the upkeep lock, so that nobody waits for it.</summary>
    /// <exception cref="StorageException">The disk is full or broken.</exception>
    internal void Flush() => _cleaned!.Flush();

    /// <summary>
    /// Gives up what is not in its place yet; the next <see cref="SegmentRemover.Settle"/> deletes it. While the log is open its upkeep lock is needed.
    /// </summary>
    public void Dispose()
    {
        _reader?.Dispose();
        _reader = null;
        _batches.Dispose();
        if (_cleaned is not null && !_log.Segments.All.Contains(_cleaned.Segment))
        {
            _cleaned.Segment.Close(); // One that is in its place is read from now on, whatever failed after that.
        }

        _cleaned = null;
        if (_written is { } baseOffset && _log.Context.Lifecycle.State != LogState.Closed)
        {
            _log.Remover.Discard(baseOffset); // Of a closed log the folder may be deleted, or be that of another topic by now.
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
                // Where offsets are missing at the segment's end, nothing of them is left to be noted.
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

    /// <summary>Notes the keys of a batch; false where the map is full.</summary>
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
            // What an earlier swap or a cleaning that was given up left undone comes first: two of them at once are not told apart by startup.
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
