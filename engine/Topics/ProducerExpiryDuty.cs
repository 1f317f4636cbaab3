using Zurau.Engine.Common;
using Zurau.Engine.Log;

namespace Zurau.Engine.Topics;

/// <summary>
/// Makes logs forget producers that have not appended for <c>producer.id.expiration.ms</c>. Time is the pump's, not that of records: a clock
/// that jumps expires nobody.
/// </summary>
internal sealed class ProducerExpiryDuty(TopicRegistry topics, long expirationMs) : IDuty
{
    /// <summary>As often as Kafka looks (<c>producer.id.expiration.check.interval.ms</c>).</summary>
    internal const int IntervalMs = 600_000;

    private readonly long _intervalMs = Math.Clamp(expirationMs / 2, 1, IntervalMs);
    private IDutyHandle? _handle;

    public string Name => "zurau-producer-expiry";

    public long NextWorkMs { get; private set; }

    internal void Start(IDutyPump pump)
    {
        NextWorkMs = pump.NowMs + _intervalMs;
        _handle = pump.Start(this);
    }

    internal void Stop() => _handle?.Dispose();

    public int DoWork(long nowMs)
    {
        if (nowMs < NextWorkMs)
        {
            return 0;
        }

        NextWorkMs = nowMs + _intervalMs;
        foreach (PartitionLog log in topics.All().SelectMany(static topic => topic.Logs))
        {
            _ = log.Producers.Expire(nowMs, expirationMs);
        }

        return 0;
    }
}
