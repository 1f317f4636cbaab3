using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Log.Cleaning;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Topics;

/// <summary>
/// Cleans compacted logs, the dirtiest first, one at a time and in bounded steps, so that it can be throttled, and so that a log that is
/// closed, deleted or not compacted any more waits for one step at most. A partition whose cleaning fails is set aside and reported, until
/// its settings are changed or the directory is opened again; a full disk is only waited for.
/// </summary>
internal sealed partial class CleanerDuty(TopicRegistry topics, RetentionDuty retention, CleanerSettings settings, Random random, TimeProvider time, ILogger logger) : IDuty
{
    private const int NoSpaceErrno = 28;
    private const int QuotaErrno = 122;
    private readonly ConcurrentDictionary<PartitionLog, (string Reason, LogSettings Settings)> _setAside = [];
    private IDutyHandle? _handle;
    private ExpiryClock? _clock;
    private LogCleaning? _current;
    private double _mayGoOnMs; // When what was read and written so far is allowed for; monotonic.

    public string Name => "zurau-cleaner";

    public long NextWorkMs { get; private set; }

    /// <summary>The partitions that are not cleaned any more, and why. Any thread.</summary>
    internal IReadOnlyDictionary<TopicPartition, string> SetAside => _setAside
        .Where(static aside => aside.Key.State == LogState.Open)
        .ToDictionary(static aside => aside.Key.Partition, static aside => aside.Value.Reason);

    internal void Start(IDutyPump pump)
    {
        long nowMs = pump.NowMs;
        _clock = new ExpiryClock(time, settings.BackoffMs, nowMs);
        NextWorkMs = nowMs + settings.BackoffMs;
        _handle = pump.Start(this);
    }

    internal void Stop()
    {
        _handle?.Dispose();
        Abandon();
        CleanerCounters.AddSetAside(-_setAside.Count);
        _setAside.Clear();
    }

    public int DoWork(long nowMs)
    {
        if (nowMs < NextWorkMs)
        {
            return 0;
        }

        if (_current is null && !TryBegin(_clock!.Read(nowMs)))
        {
            NextWorkMs = nowMs + settings.BackoffMs;
            return 0;
        }

        LogCleaning cleaning = _current!;
        long before = cleaning.BytesRead + cleaning.BytesWritten;
        NextWorkMs = nowMs;
        Try(cleaning.Log, nowMs, () => Step(cleaning, nowMs));
        long bytes = cleaning.BytesRead + cleaning.BytesWritten - before;
        _mayGoOnMs = Math.Max(_mayGoOnMs, nowMs) + (bytes * 1000 / settings.MaxBytesPerSecond);
        NextWorkMs = Math.Max(NextWorkMs, (long)Math.Min(_mayGoOnMs, nowMs + int.MaxValue));
        return NextWorkMs > nowMs ? 0 : 1;
    }

    /// <summary>Begins to clean the dirtiest log that is worth it, of those whose records wait too long if any do; false where there is none.</summary>
    private bool TryBegin(ExpiryTime now)
    {
        foreach ((PartitionLog closed, _) in _setAside.Where(static aside => aside.Key.State != LogState.Open || aside.Key.Settings != aside.Value.Settings))
        {
            _setAside.TryRemove(closed, out _);
            CleanerCounters.AddSetAside(-1);
        }

        (PartitionLog Log, CleanableRange Range)[] candidates = [.. topics.All().SelectMany(static topic => topic.Logs)
            .Where(log => log.Settings.IsCompacted && log.State == LogState.Open && !log.HasFailed && !_setAside.ContainsKey(log))
            .Select(log => (log, CleanableRange.Of(log, now)))
            .Where(static due => due.Item2.IsDue(due.log.Settings))];
        foreach ((PartitionLog log, _) in candidates.OrderByDescending(static due => due.Range.IsOverdue).ThenByDescending(static due => due.Range.DirtyRatio))
        {
            Try(log, 0, () => Begin(log, now));
            if (_current is not null)
            {
                return true;
            }
        }

        return false;
    }

    private void Begin(PartitionLog log, ExpiryTime now)
    {
        // On disk, and known to be, before gaps are made in it: a start may take a gap behind the recovery point for a lost tail. Markers too:
        // where a power cut took the one of a commit, that transaction's records would be looked for in vain, and the commit undone.
        IReadOnlyDictionary<long, ProducerState>? producers = log.Upkeep.CopyProducers();
        long stable = log.LastStableOffset;
        if (log.ReadEnd().Offset > log.Flusher.DurableEnd && !log.Flusher.FlushNow().IsOk)
        {
            return;
        }

        log.FlushSealed();
        long flushedEnd = Math.Min(log.RecoveryPoint, stable);
        topics.WriteOffsets();
        using (log.Upkeep.Lock.Enter())
        {
            CleanableRange range = CleanableRange.Of(log, now, flushedEnd);
            if (log.State == LogState.Open && range.IsDue(log.Settings))
            {
                _current = new LogCleaning(log, range, settings, random, now.EarliestMs, producers);
                LogBegun(log.Partition, range.FirstDirty, range.End, range.DirtyRatio);
            }
        }
    }

    private void Step(LogCleaning cleaning, long nowMs)
    {
        PartitionLog log = cleaning.Log;
        using (log.Upkeep.Lock.Enter())
        {
            bool goesOn = log.State == LogState.Open && log.Settings.IsCompacted && cleaning.Step(nowMs);
            if (!goesOn)
            {
                LogAborted(log.Partition);
                Abandon(log);
                return;
            }

            if (!cleaning.IsDone)
            {
                return;
            }

            log.Upkeep.CleanedOffset = cleaning.CleanedOffset;
            log.Settings.Hooks?.At(LogPoint.CleanDone);
            Abandon(log);
        }

        CleanerCounters.AddDone(cleaning);
        LogDone(log.Partition, cleaning.CleanedOffset, cleaning.BytesRead, cleaning.BytesWritten, cleaning.RecordsRead - cleaning.RecordsKept);
        retention.Wake();
        topics.WriteOffsets();
    }

    private void Try(PartitionLog log, long nowMs, Action work)
    {
        try
        {
            work();
        }
        catch (StorageException exception) when (exception.Errno is NoSpaceErrno or QuotaErrno)
        {
            LogNoSpace(log.Partition, exception.Message);
            Abandon();
            NextWorkMs = nowMs + settings.BackoffMs;
        }
        catch (Exception exception) when (exception is StorageException or InvalidRecordException or CompressionException or InvalidOperationException or ArgumentException)
        {
            LogSetAside(log.Partition, exception.Message);
            Abandon();
            if (_setAside.TryAdd(log, (exception.Message, log.Settings)))
            {
                CleanerCounters.AddSetAside(1);
            }
        }
    }

    private void Abandon()
    {
        if (_current?.Log is { } log)
        {
            using (log.Upkeep.Lock.Enter())
            {
                Abandon(log);
            }
        }
    }

    /// <summary>Gives up the cleaning under way, where it is of this log. The caller holds its upkeep lock.</summary>
    private void Abandon(PartitionLog log)
    {
        if (_current?.Log == log)
        {
            _current.Dispose();
            _current = null;
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Cleaning {Partition} from offset {FirstDirty} to {End}, dirty ratio {DirtyRatio:F2}.")]
    private partial void LogBegun(TopicPartition partition, long firstDirty, long end, double dirtyRatio);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Cleaned {Partition} up to offset {CleanedOffset}: {BytesRead} bytes read, {BytesWritten} written, {Removed} records removed.")]
    private partial void LogDone(TopicPartition partition, long cleanedOffset, long bytesRead, long bytesWritten, long removed);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Cleaning {Partition} ended before its time: the log was closed, its settings or its segments were changed.")]
    private partial void LogAborted(TopicPartition partition);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cleaning {Partition} waits for space on the disk. {Reason}")]
    private partial void LogNoSpace(TopicPartition partition, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Partition {Partition} is not compacted any more, as its cleaning failed: {Reason} Its records are served as before; change a setting of the topic or open the data directory again to have it tried once more.")]
    private partial void LogSetAside(TopicPartition partition, string reason);
}
