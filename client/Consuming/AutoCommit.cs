using Microsoft.Extensions.Logging;
using Zurau.Transport;

namespace Zurau.Consuming;

/// <summary>
/// Commits a consumer's positions as <c>enable.auto.commit</c> requires: in polls, every <c>auto.commit.interval.ms</c>, and before
/// partitions are given up. Does nothing without a group. Not thread-safe.
/// </summary>
internal sealed partial class AutoCommit(
    IConsumerTransport transport,
    ConsumerOptions options,
    TimeProvider time,
    ConsumerPositions positions,
    ILogger logger)
{
    private readonly bool _isOn = options.EnableAutoCommit && options.GroupId is not null;
    private long _last = time.GetTimestamp();

    // What was committed automatically last; null if the group may have something else.
    private List<KeyValuePair<TopicPartition, OffsetAndMetadata>>? _committed;

    /// <summary>Whether the interval has passed.</summary>
    internal bool IsDue => _isOn && time.GetElapsedTime(_last).TotalMilliseconds >= options.AutoCommitIntervalMs;

    /// <summary>Begins the interval again, as an assignment does.</summary>
    internal void Restart() => _last = time.GetTimestamp();

    /// <summary>Notes that something else was committed, or that partitions change.</summary>
    internal void Forget() => _committed = null;

    /// <summary>Commits the positions unless they are committed already. A failure is logged: the next commit includes them.</summary>
    internal async ValueTask CommitAsync(CancellationToken cancellationToken)
    {
        if (!_isOn)
        {
            return;
        }

        _last = time.GetTimestamp();
        List<KeyValuePair<TopicPartition, OffsetAndMetadata>> consumed = positions.ToCommit();
        if (consumed.Count == 0 || (_committed is not null && consumed.SequenceEqual(_committed)))
        {
            return;
        }

        try
        {
            await transport.CommitAsync(consumed, cancellationToken).ConfigureAwait(false);
            _committed = consumed;
        }
        catch (KafkaException exception)
        {
            LogFailure(logger, exception, options.GroupId);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The automatic commit of group '{Group}' failed; the next one includes its offsets")]
    private static partial void LogFailure(ILogger logger, Exception exception, string? group);
}
