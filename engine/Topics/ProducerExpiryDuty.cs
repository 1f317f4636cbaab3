using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Topics;

/// <summary>
/// Removes producers from logs that have not appended for
/// <c>producer.id.expiration.ms</c>, unless they have an open transaction. The pump's
/// monotonic clock measures the idle time; for a producer that has not appended since
/// startup, the wall clock also measures it from its last record, as in Kafka, so that
/// restarts do not postpone the expiry.
/// </summary>
internal sealed class ProducerExpiryDuty(TopicRegistry topics, long expirationMs, TimeProvider time, HealthLog health) : IDuty, IBackgroundWork
{
    /// <summary>
    /// Kafka's check interval (<c>producer.id.expiration.check.interval.ms</c>).
    /// </summary>
    internal const int IntervalMs = 600_000;

    private readonly long _intervalMs = Math.Clamp(expirationMs / 2, 1, IntervalMs);
    private readonly LogGuard _guard = new(health, "producer expiry");
    private IDutyHandle? _handle;
    private ExpiryClock? _clock;

    public string Name => "zurau-producer-expiry";

    public long NextWorkMs { get; private set; }

    public void Start(IDutyPump pump)
    {
        long nowMs = pump.NowMs;
        _clock = new ExpiryClock(time, _intervalMs, nowMs);
        NextWorkMs = nowMs + _intervalMs;
        _handle = pump.Start(this);
    }

    public void Stop() => _handle?.Dispose();

    public int DoWork(long nowMs)
    {
        if (nowMs < NextWorkMs)
        {
            return 0;
        }

        ExpiryTime wall = _clock!.Read(nowMs);
        foreach (PartitionLog log in topics.All().SelectMany(static topic => topic.Logs))
        {
            _guard.Run(log.Context, nowMs, (Log: log, NowMs: nowMs, ExpirationMs: expirationMs, Wall: wall), static expiry =>
            {
                expiry.Log.ExpireProducers(expiry.NowMs, expiry.ExpirationMs, expiry.Wall);
                return IoResult.Ok;
            });
        }

        NextWorkMs = nowMs + _intervalMs;
        return 0;
    }
}
