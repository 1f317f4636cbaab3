using Microsoft.Extensions.Logging;
using Zurau.Engine;
using Zurau.Engine.Common;

namespace Zurau.Embedded.Consuming;

/// <summary>
/// Determines where a consumer begins to read a partition: at the group's committed offset, else according to <c>auto.offset.reset</c>.
/// </summary>
internal sealed partial class OffsetResolver(Broker broker, ConsumerOptions options, ILogger logger)
{
    private string Who => options.GroupId is { } group ? $"group '{group}'" : "a consumer without a group";

    // A reader of committed records continues after what the open transaction commits, or repeats it: it waits for the outcome.
    private bool IsStable => options.IsolationLevel == IsolationLevel.ReadCommitted;

    /// <summary>The id of the topic that has a name now; empty if there is none.</summary>
    internal Guid TopicId(string topic) => broker.DescribeTopic(topic, autoCreate: false, out TopicDescription? found).IsSuccess ? found!.TopicId : default;

    /// <summary>The offset to begin at.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="isNew">Whether its topic was created after the consumer had requested it: then it is read from its creation on.</param>
    /// <exception cref="KafkaException">Nothing is committed and <c>auto.offset.reset=none</c>, or the engine is closed.</exception>
    internal StartOffset Begin(TopicPartition partition, bool isNew)
    {
        if (options.GroupId is { } group)
        {
            OffsetFetchResult fetched = broker.Groups.FetchOffsets(group, [partition], IsStable)[0];
            if (fetched.Error != ErrorCode.None)
            {
                return NotYet(new ErrorResult(fetched.Error, fetched.Error == ErrorCode.UnstableOffsetCommit
                    ? $"The committed offset of {partition} may be changed by an open transaction."
                    : $"The committed offset of {partition} cannot be read: {fetched.Error}."));
            }

            if (fetched.Committed is { } committed)
            {
                return StartOffset.At(committed.Offset);
            }
        }

        ErrorResult problem = TryGetRange(partition, out WatermarkOffsets range);
        if (!problem.IsSuccess)
        {
            return NotYet(problem);
        }

        AutoOffsetReset reset = options.AutoOffsetReset;
        if (reset == AutoOffsetReset.None)
        {
            throw KafkaException.For(
                ErrorCode.OffsetOutOfRange,
                $"{Who} has no committed offset for {partition} and auto.offset.reset=none. Seek or commit an " +
                "offset first, or set earliest or latest.");
        }

        if (reset == AutoOffsetReset.Latest && !isNew && range.High > range.Low)
        {
            LogStartsAtEnd(logger, Who, partition, range.High - range.Low);
        }

        return StartOffset.At(isNew ? range.Low : Place(partition, range));
    }

    /// <summary>The offset to continue at if the requested one is not in the log.</summary>
    /// <exception cref="KafkaException"><c>auto.offset.reset=none</c>.</exception>
    internal StartOffset Reset(TopicPartition partition, Guid topicId, long outOfRange)
    {
        ErrorResult problem = TryGetRange(partition, out WatermarkOffsets range, topicId);
        if (!problem.IsSuccess)
        {
            return NotYet(problem);
        }

        if (options.AutoOffsetReset == AutoOffsetReset.None)
        {
            throw KafkaException.For(
                ErrorCode.OffsetOutOfRange,
                $"Offset {outOfRange} of {partition} is not in the log, which has {range.Low} to {range.High}, and " +
                "auto.offset.reset=none. Seek, or set earliest or latest.");
        }

        long offset = Place(partition, range, topicId);
        LogOutOfRange(logger, Who, outOfRange, partition, range.Low, range.High, offset, options.AutoOffsetReset);
        return StartOffset.At(offset);
    }

    /// <summary>The readable offsets of a partition, or why there are none.</summary>
    internal ErrorResult TryGetRange(TopicPartition partition, out WatermarkOffsets range, Guid topicId = default)
    {
        ListedOffset start = broker.ListOffset(partition, ListedOffset.Earliest, options.IsolationLevel, topicId: topicId);
        ListedOffset end = broker.ListOffset(partition, ListedOffset.Latest, options.IsolationLevel, topicId: topicId);
        range = new WatermarkOffsets(start.Offset, end.Offset);
        ErrorCode error = start.Error == ErrorCode.None ? end.Error : start.Error;
        return error == ErrorCode.None ? ErrorResult.None : Explain(partition, error);
    }

    /// <summary>The offset of the first record at or after a time; null if there is none.</summary>
    /// <exception cref="KafkaException">The partition does not exist or is offline.</exception>
    internal long? OffsetFor(TopicPartition partition, DateTimeOffset time)
    {
        ListedOffset found = broker.ListOffset(partition, Math.Max(0, time.ToUnixTimeMilliseconds()), options.IsolationLevel);
        if (found.Error != ErrorCode.None)
        {
            throw Failure(Explain(partition, found.Error));
        }

        return found.Offset >= 0 ? found.Offset : null;
    }

    /// <summary>The exception for a problem of a partition.</summary>
    internal static KafkaException Failure(ErrorResult problem) => KafkaException.For(problem.Error, problem.Message ?? $"The engine returned {problem.Error}.");

    private long Place(TopicPartition partition, WatermarkOffsets range, Guid topicId = default)
    {
        if (options.AutoOffsetReset.Duration is { } duration)
        {
            long since = Math.Max(0, (broker.TimeProvider.GetUtcNow() - duration).ToUnixTimeMilliseconds());
            ListedOffset found = broker.ListOffset(partition, since, options.IsolationLevel, topicId: topicId);
            return found.Error == ErrorCode.None && found.Offset >= 0 ? found.Offset : range.High;
        }

        return options.AutoOffsetReset == AutoOffsetReset.Earliest ? range.Low : range.High;
    }

    // An answer about offsets has a code only; the description of the partition has the reason too.
    private ErrorResult Explain(TopicPartition partition, ErrorCode error)
    {
        ErrorResult reason = broker.ListOffsets(partition, out _, out _);
        return reason.IsSuccess ? new ErrorResult(error, $"The offsets of {partition} cannot be read: {error}.") : reason;
    }

    private static StartOffset NotYet(ErrorResult problem) => problem.Error == ErrorCode.BrokerNotAvailable ? throw Failure(problem) : StartOffset.NotYet(problem);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "{Who} starts at the end of {Partition}; {Count} earlier records will not be delivered (auto.offset.reset=latest)")]
    private static partial void LogStartsAtEnd(ILogger logger, string who, TopicPartition partition, long count);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{Who}: offset {Offset} of {Partition} is not in the log, which has {Start} to {End}; reading continues at " +
            "{NewOffset} (auto.offset.reset={Reset})")]
    private static partial void LogOutOfRange(
        ILogger logger, string who, long offset, TopicPartition partition, long start, long end, long newOffset, AutoOffsetReset reset);
}
