using Microsoft.Extensions.Logging;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Topics;

/// <summary>
/// Moves the start offset of logs above expired records, removes the segments below it,
/// and deletes their files after a delay.
/// </summary>
internal sealed partial class RetentionDuty(TopicRegistry topics, long intervalMs, TimeProvider time, HealthLog health, ILogger logger) : IDuty, IBackgroundWork
{
    private readonly LogGuard _guard = new(health, "retention");
    private readonly LogGuard _trimGuard = new(health, "segment removal");
    private readonly LogGuard _deletionGuard = new(health, "file deletion");
    private IDutyHandle? _handle;
    private ExpiryClock? _clock;
    private long _nextCheckMs;

    public string Name => "zurau-retention";

    public long NextWorkMs { get; private set; }

    public void Start(IDutyPump pump)
    {
        long nowMs = pump.NowMs;
        _clock = new ExpiryClock(time, intervalMs, nowMs);
        NextWorkMs = _nextCheckMs = DutyTime.After(nowMs, intervalMs);
        _handle = pump.Start(this);
    }

    public void Stop() => _handle?.Dispose();

    /// <summary>Makes the duty check again for files to delete.</summary>
    internal void Wake() => _handle?.Wake();

    public int DoWork(long nowMs)
    {
        PartitionLog[] logs = [.. topics.All().SelectMany(static topic => topic.Logs)];
        if (nowMs >= _nextCheckMs)
        {
            Check(logs, nowMs);
            _nextCheckMs = DutyTime.After(nowMs, intervalMs);
        }

        long next = _nextCheckMs;
        foreach (PartitionLog log in logs)
        {
            if (log.Upkeep.Remover.NextDueMs <= nowMs)
            {
                _deletionGuard.Run(log.Context, nowMs, (log, nowMs), static work =>
                {
                    using (work.log.Upkeep.Lock.Enter())
                    {
                        return work.log.Upkeep.Remover.DeleteDue(work.nowMs);
                    }
                });
            }

            // A file that is still due could not be deleted: it is retried after a pause.
            next = Math.Min(next, Math.Max(log.Upkeep.Remover.NextDueMs, Math.Max(nowMs + RetryBackoff.FirstMs, _deletionGuard.RetryAtMs(log.Context))));
        }

        NextWorkMs = next;
        return 0;
    }

    private void Check(PartitionLog[] logs, long nowMs)
    {
        bool hasMoved = false;
        ExpiryTime now = _clock!.Read(nowMs);
        if (now.HasJumped)
        {
            LogClockJumped(now.LatestMs - now.EarliestMs);
        }

        foreach (PartitionLog log in logs)
        {
            long start = log.LogStartOffset;
            _guard.Run(log.Context, nowMs, (log.Upkeep, now), static work =>
            {
                using (work.Upkeep.Lock.Enter())
                {
                    LogRetention.Enforce(work.Upkeep, work.now);
                    return IoResult.Ok;
                }
            });
            hasMoved |= log.LogStartOffset > start;
        }

        // The start offsets are persisted first, so that no deleted record reappears after a
        // restart. A full disk must not prevent the deletion of files, though: without it, a
        // restart uses the oldest remaining segment.
        if (hasMoved)
        {
            CheckpointDuty.WriteOffsets(topics, health);
        }

        foreach (PartitionLog log in logs)
        {
            _trimGuard.Run(log.Context, nowMs, (Duty: this, Log: log, NowMs: nowMs), static trim =>
            {
                using (trim.Log.Upkeep.Lock.Enter())
                {
                    return trim.Log.State == LogState.Open ? trim.Duty.Trim(trim.Log, trim.NowMs) : IoResult.Ok;
                }
            });
        }
    }

    private IoResult Trim(PartitionLog log, long nowMs)
    {
        int removed = log.Upkeep.Remover.RemoveBelow(log.LogStartOffset, nowMs, out IoResult renamed);
        if (removed > 0)
        {
            LogRemoved(log.Partition, removed, log.LogStartOffset);
        }

        // A restart may use an older start offset if the new one was not persisted; its
        // records need their epochs.
        long startOffset = Math.Max(log.Upkeep.WrittenStartOffset, log.Segments[0].BaseOffset);
        log.Upkeep.LeaderEpochs.TruncateFromStart(startOffset);
        return renamed; // Reported, and retried by the next check.
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} segment(s) of {Partition} were removed; the log starts at offset {StartOffset}.")]
    private partial void LogRemoved(TopicPartition partition, int count, long startOffset);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The system clock has jumped by {JumpMs} ms. Records that have expired only by a jump ahead are kept until the next check; set the clock if it is wrong.")]
    private partial void LogClockJumped(long jumpMs);
}
