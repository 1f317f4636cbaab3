using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Topics;

/// <summary>
/// Flushes the logs of topics with <c>flush.ms</c> whose oldest unflushed record is
/// older than that. Checks once per second, or at the shortest <c>flush.ms</c>.
/// </summary>
internal sealed class TimedFlushDuty(TopicRegistry topics, HealthLog health) : IDuty, IBackgroundWork
{
    private const int LongestPauseMs = 1000;
    private const int ShortestPauseMs = 10;
    private readonly Dictionary<PartitionLog, long> _dirtySince = [];
    private readonly LogGuard _guard = new(health, TopicConfigs.FlushMs);
    private IDutyHandle? _handle;

    public string Name => "zurau-flush-ms";

    public long NextWorkMs { get; private set; }

    public void Start(IDutyPump pump)
    {
        NextWorkMs = pump.NowMs + LongestPauseMs;
        _handle = pump.Start(this);
    }

    public void Stop() => _handle?.Dispose();

    public int DoWork(long nowMs)
    {
        if (nowMs < NextWorkMs)
        {
            return 0;
        }

        long pause = LongestPauseMs;
        var dirty = new HashSet<PartitionLog>();
        foreach (PartitionLog log in topics.All().SelectMany(static topic => topic.Logs))
        {
            if (log.Settings.FlushMs == long.MaxValue || log.ReadEnd().Offset <= log.Flusher.DurableEnd)
            {
                _guard.Worked(log.Context); // Already flushed by another flush.
                continue;
            }

            pause = Math.Min(pause, Math.Max(ShortestPauseMs, log.Settings.FlushMs / 2));
            if (!_dirtySince.TryGetValue(log, out long since))
            {
                since = _dirtySince[log] = nowMs;
            }

            // A failed flush stays due: a shortage of descriptors is retried. A log that has
            // failed permanently accepts no appends.
            if (nowMs - since >= log.Settings.FlushMs && (log.HasFailed || Flush(log, nowMs)))
            {
                _dirtySince.Remove(log);
            }
            else
            {
                dirty.Add(log);
            }
        }

        foreach (PartitionLog log in _dirtySince.Keys.Where(log => !dirty.Contains(log)).ToArray())
        {
            _dirtySince.Remove(log);
        }

        NextWorkMs = nowMs + pause;
        return 0;
    }

    /// <summary>
    /// Flushes a log; false also if another flush of it is in progress: the next check
    /// tries again.
    /// </summary>
    private bool Flush(PartitionLog log, long nowMs)
    {
        bool isUnderWay = false;
        bool hasWorked = _guard.Run(log.Context, nowMs, log, log =>
        {
            IoResult? result = log.Flusher.TryFlushNow();
            isUnderWay = result is null;
            return result ?? IoResult.Ok;
        });
        return hasWorked && !isUnderWay;
    }
}
