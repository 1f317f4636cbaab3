using Microsoft.Extensions.Logging;
using Zurau.Engine;
using Zurau.Engine.Common;

namespace Zurau.Embedded;

/// <summary>
/// Says where a consumer begins to read a partition: at the group's committed offset, else as <c>auto.offset.reset</c> says.
/// </summary>
internal sealed partial class OffsetResolver(Broker broker, ConsumerOptions options, ILogger logger)
{
    private string Who => options.GroupId is { } group ? $"group '{group}'" : "a consumer without a group";

    // A reader of committed records goes on behind what the open transaction commits, or does it again: it waits for the outcome.
    private bool IsStable => options.IsolationLevel == IsolationLevel.ReadCommitted;

    /// <summary>The id of the topic that has a name now; empty if there is none.</summary>
    internal Guid TopicId(string topic) => broker.DescribeTopic(topic, autoCreate: false, out TopicDescription? found).IsSuccess ? found!.TopicId : default;

    /// <summary>The offset to begin at; null where the partition is not there (any more), or its offset is not settled yet.</summary>
    /// <exception cref="KafkaException">Nothing is committed and <c>auto.offset.reset=none</c>.</exception>
    internal long? Begin(TopicPartition partition)
    {
        if (options.GroupId is { } group)
        {
            OffsetFetchResult fetched = broker.Groups.FetchOffsets(group, [partition], IsStable)[0];
            if (fetched.Committed is not null || fetched.Error != ErrorCode.None)
            {
                return fetched.Committed?.Offset;
            }
        }

        if (!TryGetRange(partition, out OffsetRange range))
        {
            return null;
        }

        switch (options.AutoOffsetReset)
        {
            case AutoOffsetReset.Earliest:
                return range.Start;
            case AutoOffsetReset.Latest:
                if (range.End > range.Start)
                {
                    LogStartsAtEnd(logger, Who, partition, range.End - range.Start);
                }

                return range.End;
            case AutoOffsetReset.None:
            default:
                throw KafkaException.For(
                    ErrorCode.OffsetOutOfRange,
                    $"{Who} has no committed offset for {partition} and auto.offset.reset=none. Seek or commit an " +
                    "offset first, or set earliest or latest.");
        }
    }

    /// <summary>The offset to go on at when the one that was asked for is not in the log; null where the partition is not there.</summary>
    /// <exception cref="KafkaException"><c>auto.offset.reset=none</c>.</exception>
    internal long? Reset(TopicPartition partition, Guid topicId, long outOfRange)
    {
        if (!TryGetRange(partition, out OffsetRange range, topicId))
        {
            return null;
        }

        if (options.AutoOffsetReset == AutoOffsetReset.None)
        {
            throw KafkaException.For(
                ErrorCode.OffsetOutOfRange,
                $"Offset {outOfRange} of {partition} is not in the log, which has {range.Start} to {range.End}, and " +
                "auto.offset.reset=none. Seek, or set earliest or latest.");
        }

        long offset = options.AutoOffsetReset == AutoOffsetReset.Earliest ? range.Start : range.End;
        LogOutOfRange(logger, Who, outOfRange, partition, range.Start, range.End, offset, options.AutoOffsetReset);
        return offset;
    }

    internal bool TryGetRange(TopicPartition partition, out OffsetRange range, Guid topicId = default)
    {
        ListedOffset start = broker.ListOffset(partition, ListedOffset.Earliest, options.IsolationLevel, topicId: topicId);
        ListedOffset end = broker.ListOffset(partition, ListedOffset.Latest, options.IsolationLevel, topicId: topicId);
        range = new OffsetRange(start.Offset, end.Offset);
        return start.Error == ErrorCode.None && end.Error == ErrorCode.None;
    }

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
