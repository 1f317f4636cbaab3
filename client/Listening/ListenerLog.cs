using Microsoft.Extensions.Logging;

namespace Zurau.Listening;

/// <summary>What the listener framework logs.</summary>
internal static partial class ListenerLog
{
    [LoggerMessage(1, LogLevel.Information, "Listener '{Id}' ({Method}) reads {Topics} in group '{Group}', ack mode {AckMode}.")]
    public static partial void Started(ILogger logger, string id, string method, string topics, string group, AckMode ackMode);

    [LoggerMessage(2, LogLevel.Information, "Listener '{Id}' has stopped.")]
    public static partial void Stopped(ILogger logger, string id);

    [LoggerMessage(
        3,
        LogLevel.Error,
        "Listener '{Id}' did not finish its record within {Timeout} and is no longer waited for; what it does not commit comes again.")]
    public static partial void StopTimedOut(ILogger logger, string id, TimeSpan timeout);

    [LoggerMessage(
        4,
        LogLevel.Critical,
        "Listener '{Id}' stops because of a failure that it cannot handle; what is not committed comes again after a restart.")]
    public static partial void Crashed(ILogger logger, Exception exception, string id);

    [LoggerMessage(5, LogLevel.Warning, "Listener '{Id}' cannot read and tries again in {Delay}.")]
    public static partial void PollFailed(ILogger logger, Exception exception, string id, TimeSpan delay);

    [LoggerMessage(6, LogLevel.Warning, "A commit of listener '{Id}' failed and is retried.")]
    public static partial void CommitRetried(ILogger logger, Exception exception, string id);

    [LoggerMessage(
        7,
        LogLevel.Error,
        "A commit of listener '{Id}' failed ({Positions}): the next commit includes it, after a restart the records come again.")]
    public static partial void CommitFailed(ILogger logger, Exception exception, string id, string positions);

    [LoggerMessage(8, LogLevel.Warning, "Listener '{Id}' failed on {Partition}@{Offset}, attempt {Attempt}; it is retried.")]
    public static partial void Retrying(ILogger logger, Exception exception, string id, TopicPartition partition, long offset, int attempt);

    [LoggerMessage(
        9,
        LogLevel.Error,
        "Listener '{Id}' gave up {Partition}@{Offset} after {Attempt} attempts: it is dead-lettered as {Target}@{TargetOffset}.")]
    public static partial void DeadLettered(
        ILogger logger,
        Exception exception,
        string id,
        TopicPartition partition,
        long offset,
        int attempt,
        TopicPartition target,
        long targetOffset);

    [LoggerMessage(
        10,
        LogLevel.Error,
        "The dead letter of {Partition}@{Offset} of listener '{Id}' could not be written: the record is delivered again from the " +
        "first attempt.")]
    public static partial void DeadLetterFailed(ILogger logger, Exception exception, string id, TopicPartition partition, long offset);

    [LoggerMessage(
        11,
        LogLevel.Error,
        "Listener '{Id}' gave up {Partition}@{Offset} after {Attempt} attempts: it is SKIPPED, as configured by OnExhausted.")]
    public static partial void Skipped(ILogger logger, Exception exception, string id, TopicPartition partition, long offset, int attempt);

    [LoggerMessage(
        12,
        LogLevel.Error,
        "Listener '{Id}' gave up {Partition}@{Offset} after {Attempt} attempts: it STOPS, as configured by OnExhausted; the record is delivered again " +
        "after a restart.")]
    public static partial void StoppedByFailure(
        ILogger logger, Exception exception, string id, TopicPartition partition, long offset, int attempt);

    [LoggerMessage(13, LogLevel.Error, "Listener '{Id}' failed on {Partition}@{Offset} after acknowledging it: it is not delivered again.")]
    public static partial void FailedAfterAcknowledgment(
        ILogger logger, Exception exception, string id, TopicPartition partition, long offset);

    [LoggerMessage(
        14,
        LogLevel.Warning,
        "{Partition}@{Offset} has not been acknowledged for {Age}: listener '{Id}' cannot commit past it, and it comes again after a " +
        "restart.")]
    public static partial void Unacknowledged(ILogger logger, string id, TopicPartition partition, long offset, TimeSpan age);

    [LoggerMessage(15, LogLevel.Warning, "Listener '{Id}' pauses {Partition}: {Count} records wait for an unacknowledged one.")]
    public static partial void PausedFull(ILogger logger, string id, TopicPartition partition, int count);

    [LoggerMessage(16, LogLevel.Information, "Listener '{Id}' does not acknowledge {Partition}@{Offset}: its partition waits {Delay}.")]
    public static partial void Nacked(ILogger logger, string id, TopicPartition partition, long offset, TimeSpan delay);

    [LoggerMessage(
        17,
        LogLevel.Warning,
        "The dead letter of {Partition}@{Offset} of listener '{Id}' is too large with its stack trace, which is left out.")]
    public static partial void StackTraceLeftOut(ILogger logger, string id, TopicPartition partition, long offset);

    [LoggerMessage(18, LogLevel.Information, "Created topic '{Topic}' with {Partitions} partitions.")]
    public static partial void TopicCreated(ILogger logger, string topic, int partitions);

    [LoggerMessage(19, LogLevel.Warning, "Topic '{Topic}' has {Actual} partitions, {Declared} are declared: it is used as it is.")]
    public static partial void PartitionsDiffer(ILogger logger, string topic, int actual, int declared);
}
