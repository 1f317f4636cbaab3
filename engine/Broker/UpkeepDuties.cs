using Microsoft.Extensions.Logging;
using Zurau.Engine.Common;
using Zurau.Engine.Topics;

namespace Zurau.Engine;

/// <summary>
/// Owns the duties that maintain a broker's logs independently of requests.
/// </summary>
internal sealed class UpkeepDuties
{
    private readonly CheckpointDuty _checkpoints;
    private readonly TimedFlushDuty _timedFlushes;
    private readonly RetentionDuty _retention;
    private readonly CleanerDuty _cleaner;
    private readonly ProducerExpiryDuty _producerExpiry;
    private readonly bool _cleans;

    internal UpkeepDuties(TopicRegistry topics, BrokerSettings settings, Random random, HealthLog health, ILogger logger)
    {
        _checkpoints = new CheckpointDuty(topics, settings.LogFlushOffsetCheckpointIntervalMs, health);
        _timedFlushes = new TimedFlushDuty(topics, health);
        _retention = new RetentionDuty(topics, settings.LogRetentionCheckIntervalMs, settings.TimeProvider, health, logger);
        _cleaner = new CleanerDuty(topics, _retention, settings.CleanerDefaults(), random, settings.TimeProvider, health, logger);
        _producerExpiry = new ProducerExpiryDuty(topics, settings.ProducerIdExpirationMs, settings.TimeProvider, health);
        _cleans = settings.LogCleanerEnable;
    }

    /// <inheritdoc cref="CleanerDuty.SetAside"/>
    internal IReadOnlyDictionary<TopicPartition, string> SetAside => _cleaner.SetAside;

    internal void Start(IDutyPump pump)
    {
        _checkpoints.Start(pump);
        _timedFlushes.Start(pump);
        _retention.Start(pump);
        if (_cleans)
        {
            _cleaner.Start(pump);
        }

        _producerExpiry.Start(pump);
    }

    internal void Stop() => Attempts.All(_timedFlushes.Stop, _cleaner.Stop, _retention.Stop, _checkpoints.Stop, _producerExpiry.Stop);
}
