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
/// Cleans compacted logs, the dirtiest first, one at a time and in bounded steps: it
/// can be throttled, and closing or deleting a log waits for one step at most. After a
/// shortage (space, descriptors, memory) it retries with a growing pause. A partition
/// whose cleaning fails otherwise is set aside and reported until its settings are
/// changed or the directory is reopened.
/// </summary>
internal sealed partial class CleanerDuty(TopicRegistry topics, RetentionDuty retention, CleanerSettings settings, Random random, TimeProvider time, HealthLog health, ILogger logger) : IDuty, IBackgroundWork
{
    /// <summary>
    /// The number of consecutive failures after which the pause does not grow any more: 8
    /// minutes with the default back-off.
    /// </summary>
    private const int MostDoublings = 5;

    private const int NoMemoryErrno = 12;
    private const string Component = "cleaner";
    private readonly ConcurrentDictionary<PartitionLog, (string Reason, LogSettings Settings)> _setAside = [];
    private readonly Dictionary<PartitionLog, (int Failures, long UntilMs)> _waiting = [];
    private IDutyHandle? _handle;
    private ExpiryClock? _clock;
    private (PartitionLog Log, LogCleaning Cleaning)? _current;
    private double _mayGoOnMs; // When the throttle allows the next step; monotonic.

    public string Name => "zurau-cleaner";

    public long NextWorkMs { get; private set; }

    /// <summary>
    /// The partitions that are not cleaned any more, with the reason. Thread-safe.
    /// </summary>
    internal IReadOnlyDictionary<TopicPartition, string> SetAside => _setAside
        .Where(static aside => aside.Key.State == LogState.Open)
        .ToDictionary(static aside => aside.Key.Partition, static aside => aside.Value.Reason);

    public void Start(IDutyPump pump)
    {
        long nowMs = pump.NowMs;
        _clock = new ExpiryClock(time, settings.BackoffMs, nowMs);
        NextWorkMs = DutyTime.After(nowMs, settings.BackoffMs);
        _handle = pump.Start(this);
    }

    public void Stop()
    {
        _handle?.Dispose();
        Abandon(0);
        CleanerCounters.AddSetAside(-_setAside.Count);
        _setAside.Clear();
    }

    public int DoWork(long nowMs)
    {
        if (nowMs < NextWorkMs)
        {
            return 0;
        }

        if (_current is null && !TryBegin(_clock!.Read(nowMs), nowMs))
        {
            NextWorkMs = DutyTime.After(nowMs, settings.BackoffMs);
            return 0;
        }

        (PartitionLog log, LogCleaning cleaning) = _current!.Value;
        long before = cleaning.BytesRead + cleaning.BytesWritten;
        NextWorkMs = nowMs;
        Try(log, nowMs, () => Step(log, cleaning, nowMs));
        long bytes = cleaning.BytesRead + cleaning.BytesWritten - before;
        _mayGoOnMs = Math.Max(_mayGoOnMs, nowMs) + (bytes * 1000 / settings.MaxBytesPerSecond);
        NextWorkMs = Math.Max(NextWorkMs, (long)Math.Min(_mayGoOnMs, nowMs + int.MaxValue));
        return NextWorkMs > nowMs ? 0 : 1;
    }

    /// <summary>
    /// Starts to clean the dirtiest log that needs it, preferring logs with records above
    /// the maximum compaction lag; false if there is none.
    /// </summary>
    private bool TryBegin(ExpiryTime now, long nowMs)
    {
        foreach ((PartitionLog other, _) in _setAside.Where(static aside => aside.Key.State != LogState.Open || aside.Key.Settings != aside.Value.Settings))
        {
            _setAside.TryRemove(other, out _);
            CleanerCounters.AddSetAside(-1);
            ShowNoMore(other);
        }

        foreach (PartitionLog other in _waiting.Keys.Where(static log => log.State != LogState.Open || !log.Settings.IsCompacted).ToArray())
        {
            _waiting.Remove(other);
            ShowNoMore(other);
        }

        (PartitionLog Log, CleanableRange Range)[] candidates = [.. topics.All().SelectMany(static topic => topic.Logs)
            .Where(log => log.Settings.IsCompacted && log.State == LogState.Open && !log.HasFailed && !_setAside.ContainsKey(log) && !IsWaiting(log, nowMs))
            .Select(log => (log, CleanableRange.Of(log.Upkeep, now)))
            .Where(static due => due.Item2.IsDue(due.log.Settings))];
        foreach ((PartitionLog log, _) in candidates.OrderByDescending(static due => due.Range.IsOverdue).ThenByDescending(static due => due.Range.DirtyRatio))
        {
            Try(log, nowMs, () => Begin(log, now, nowMs));
            if (_current is not null)
            {
                return true;
            }
        }

        return false;
    }

    private void Begin(PartitionLog log, ExpiryTime now, long nowMs)
    {
        // The log must be flushed, with its recovery point, before cleaning makes gaps:
        // startup may treat a gap after the recovery point as a lost tail. This includes
        // markers: if a power failure lost the marker of a commit, the startup would not find
        // the transaction's records and undo the commit.
        IReadOnlyDictionary<long, LoggedProducer>? producers = log.Upkeep.CopyProducers();
        long stable = log.LastStableOffset;
        if (log.ReadEnd().Offset > log.Flusher.DurableEnd)
        {
            log.Flusher.FlushNow().ThrowIfFailed($"Flushing {log.Partition}");
        }

        log.FlushSealed().IgnoreBecause("the cleaning ends at the recovery point, which passes nothing that is not flushed; the checkpoint duty reports the failure");
        long flushedEnd = Math.Min(log.RecoveryPoint, stable);
        topics.WriteOffsets();
        using (log.Upkeep.Lock.Enter())
        {
            log.Upkeep.Remover.Settle(nowMs).ThrowIfFailed($"Changing names of segments of {log.Partition}");
            CleanableRange range = CleanableRange.Of(log.Upkeep, now, flushedEnd);
            if (log.State == LogState.Open && range.IsDue(log.Settings))
            {
                _current = (log, new LogCleaning(log.Upkeep, range, settings, random, now.EarliestMs, producers));
                LogBegun(log.Partition, range.FirstDirty, range.End, range.DirtyRatio);
            }
        }
    }

    private void Step(PartitionLog log, LogCleaning cleaning, long nowMs)
    {
        if (cleaning.NeedsFlush)
        {
            cleaning.Flush(); // Without the lock: a slow flush would block a close or a change of settings.
        }

        using (log.Upkeep.Lock.Enter())
        {
            bool goesOn = log.State == LogState.Open && log.Settings.IsCompacted && cleaning.Step(nowMs);
            if (!cleaning.Settled.IsOk)
            {
                LogNotSettled(log.Partition, cleaning.Settled);
            }

            if (!goesOn)
            {
                LogAborted(log.Partition);
                Abandon(log, nowMs);
                return;
            }

            if (!cleaning.IsDone)
            {
                return;
            }

            log.Upkeep.CleanedOffset = cleaning.CleanedOffset;
            log.Settings.Hooks?.At(LogPoint.CleanDone);
            Abandon(log, nowMs);
        }

        _waiting.Remove(log);
        CleanerCounters.AddDone(cleaning);
        health.Clear(Component, log.Partition);
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
        catch (StorageException exception) when (new IoResult(exception.Errno).IsShortage)
        {
            Wait(log, nowMs, exception.Message);
        }
        catch (OutOfMemoryException exception)
        {
            Wait(log, nowMs, new IoResult(NoMemoryErrno) + " " + exception.Message);
        }
        catch (Exception exception) when (exception is StorageException or InvalidRecordException or CompressionException or InvalidOperationException or ArgumentException)
        {
            SetAsideLog(log, exception.Message, null, nowMs);
        }
        catch (Exception exception) when (exception is not IProcessEnd)
        {
            // Any exception: the other logs are still cleaned.
            SetAsideLog(log, $"An internal error, please report it: {exception.GetType().Name}: {exception.Message}", exception, nowMs);
        }
    }

    private bool IsWaiting(PartitionLog log, long nowMs) => _waiting.TryGetValue(log, out (int Failures, long UntilMs) waiting) && nowMs < waiting.UntilMs;

    /// <summary>
    /// Stops a cleaning because of a shortage and retries it after a pause that doubles.
    /// </summary>
    private void Wait(PartitionLog log, long nowMs, string reason)
    {
        int failures = _waiting.GetValueOrDefault(log).Failures;
        long pauseMs = Math.Min(settings.BackoffMs, long.MaxValue >> MostDoublings) << Math.Min(failures, MostDoublings);
        _waiting[log] = (failures + 1, DutyTime.After(nowMs, pauseMs));
        NextWorkMs = DutyTime.After(nowMs, settings.BackoffMs); // Other logs may lack the same resource.
        Abandon(nowMs);
        LogWaiting(log.Partition, pauseMs, reason);
        Show(log, $"Cleaning waits. {reason}", null, isLogged: false);
    }

    private void SetAsideLog(PartitionLog log, string reason, Exception? unexpected, long nowMs)
    {
        // Before code that may throw: the log must not be cleaned again.
        if (_setAside.TryAdd(log, (reason, log.Settings)))
        {
            CleanerCounters.AddSetAside(1);
        }

        Abandon(nowMs);
        LogSetAside(log.Partition, reason);
        Show(log, $"The partition is not compacted any more. {reason}", unexpected, isLogged: unexpected is not null);
    }

    // The deletion of a topic ends its cleaning with errors, and another log may have the
    // name by then.
    private void Show(PartitionLog log, string reason, Exception? exception, bool isLogged)
    {
        if (log.State == LogState.Open)
        {
            health.Report(Component, reason, log.Partition, exception, isLogged);
            if (log.State != LogState.Open)
            {
                health.Clear(Component, log.Partition);
            }
        }
    }

    private void ShowNoMore(PartitionLog log)
    {
        if (log.State == LogState.Open)
        {
            health.Clear(Component, log.Partition); // Clears issues of a deleted topic: another topic may have its name.
        }
    }

    private void Abandon(long nowMs)
    {
        if (_current?.Log is { } log)
        {
            using (log.Upkeep.Lock.Enter())
            {
                Abandon(log, nowMs);
            }
        }
    }

    /// <summary>
    /// Stops the current cleaning of this log and deletes its unfinished segments. The
    /// caller holds the upkeep lock.
    /// </summary>
    private void Abandon(PartitionLog log, long nowMs)
    {
        if (_current is { } current && current.Log == log)
        {
            _current = null; // Before code that may throw: no step may follow.
            current.Cleaning.Dispose();
            IoResult settled = log.State == LogState.Closed ? IoResult.Ok : log.Upkeep.Remover.Settle(nowMs);
            if (!settled.IsOk)
            {
                LogNotSettled(log.Partition, settled);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Cleaning {Partition} from offset {FirstDirty} to {End}, dirty ratio {DirtyRatio:F2}.")]
    private partial void LogBegun(TopicPartition partition, long firstDirty, long end, double dirtyRatio);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Cleaned {Partition} up to offset {CleanedOffset}: {BytesRead} bytes read, {BytesWritten} written, {Removed} records removed.")]
    private partial void LogDone(TopicPartition partition, long cleanedOffset, long bytesRead, long bytesWritten, long removed);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Cleaning {Partition} ended early: the log was closed, its settings or its segments were changed.")]
    private partial void LogAborted(TopicPartition partition);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cleaning {Partition} lacks resources and is retried in {PauseMs} ms. {Reason}")]
    private partial void LogWaiting(TopicPartition partition, long pauseMs, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Files of cleaned segments of {Partition} could not be renamed or deleted; this is retried before the log's next cleaning or deletion. {Reason}")]
    private partial void LogNotSettled(TopicPartition partition, IoResult reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Partition {Partition} is no longer compacted because its cleaning failed: {Reason} It can still be read and written. To retry, change a setting of the topic or reopen the data directory.")]
    private partial void LogSetAside(TopicPartition partition, string reason);
}
