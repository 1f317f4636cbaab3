using Zurau.Engine.Common;
using Zurau.Engine.Coordination;
using Zurau.Engine.Topics;

namespace Zurau.Engine;

/// <summary>
/// All duties of a broker. They start in the order of the list and stop in the opposite
/// order: a duty stops before those that it uses.
/// </summary>
internal sealed class BrokerDuties
{
    private readonly IDutyPump _pump;
    private readonly CleanerDuty _cleaner;
    private readonly IBackgroundWork[] _inOrder;

    internal BrokerDuties(BrokerParts parts)
    {
        BrokerSettings settings = parts.Settings;
        TopicRegistry topics = parts.Topics;
        TimeProvider time = settings.TimeProvider;
        HealthLog health = parts.Health;
        _pump = parts.DutyPump;

        // Ids are checked at least twice per expiration time.
        long expiryCheckMs = Math.Clamp(settings.TransactionalIdExpirationMs / 2, 1, settings.TransactionRemoveExpiredTransactionCleanupIntervalMs);
        var retention = new RetentionDuty(topics, settings.LogRetentionCheckIntervalMs, time, health, parts.Logger);
        _cleaner = new CleanerDuty(topics, retention, settings.CleanerDefaults(), new Random(parts.Random.Next()), time, health, parts.Logger);

        IBackgroundWork[] cleaning = settings.LogCleanerEnable ? [_cleaner] : [];
        _inOrder =
        [
            // On request. The first to start and the last to stop: others wait for flushes.
            parts.Flushes,

            // At both intervals, and when the retry of an unfinished transaction is due.
            new TransactionDuty(
                parts.TransactionUpkeep, parts.Backlog, parts.TransactionHealth, settings.TransactionAbortTimedOutTransactionCleanupIntervalMs, expiryCheckMs, time),

            // When a deadline of a group has passed, and at the interval.
            new GroupDuty(parts.GroupUpkeep, parts.GroupTimers, settings.OffsetsRetentionCheckIntervalMs, time),

            // On request of an appender.
            parts.Prefault,

            // On request; a failed deletion is due again after 1 s to 5 min.
            topics.Deletions,

            // At the interval.
            new CheckpointDuty(topics, settings.LogFlushOffsetCheckpointIntervalMs, health),

            // Every 10 ms to 1 s, by the shortest flush.ms.
            new TimedFlushDuty(topics, health),

            // At its interval, and when a removed file is due for deletion.
            retention,

            // All the time while a log is due, else at log.cleaner.backoff.ms. Wakes retention.
            .. cleaning,

            // Twice per expiration time, at least every 10 min.
            new ProducerExpiryDuty(topics, settings.ProducerIdExpirationMs, time, health),
        ];
    }

    /// <inheritdoc cref="CleanerDuty.SetAside"/>
    internal IReadOnlyDictionary<TopicPartition, string> UncleanablePartitions => _cleaner.SetAside;

    /// <summary>Starts all duties; if one cannot be started, stops those before it.</summary>
    internal void Start()
    {
        try
        {
            foreach (IBackgroundWork work in _inOrder)
            {
                work.Start(_pump);
            }
        }
        catch
        {
            Stop();
            throw;
        }
    }

    /// <summary>Stops all duties, even if one cannot be stopped; throws the first failure.</summary>
    internal void Stop()
    {
        var stops = new Action[_inOrder.Length];
        for (int i = 0; i < stops.Length; i++)
        {
            stops[i] = _inOrder[^(i + 1)].Stop;
        }

        Attempts.All(stops);
    }
}
