using Zurau.Engine.Common;
using Zurau.Engine.Log;

namespace Zurau.Engine.Topics;

/// <summary>
/// Checks whether records of a log may be deleted, and moves its start offset. The
/// codes are Kafka's.
/// </summary>
internal static class RecordDeletion
{
    /// <summary>
    /// Makes records below an offset unreadable; -1 means the end. The caller makes the new
    /// start offset durable.
    /// </summary>
    internal static ErrorResult MoveStart(PartitionLog log, long beforeOffset)
    {
        TopicPartition partition = log.Partition;
        if (TopicName.IsInternal(partition.Topic))
        {
            return new ErrorResult(ErrorCode.InvalidTopicException, $"Cannot delete records of internal topic {partition.Topic}");
        }

        if (!log.Settings.HasDeletePolicy)
        {
            return new ErrorResult(
                ErrorCode.PolicyViolation,
                $"Records of partition {partition} can not be deleted due to the configured policy; add 'delete' to its 'cleanup.policy'.");
        }

        long end = log.ReadEnd().Offset;
        return beforeOffset < -1 || !log.DeleteRecords(beforeOffset == -1 ? end : beforeOffset)
            ? new ErrorResult(ErrorCode.OffsetOutOfRange, $"Records of {partition} before offset {beforeOffset} cannot be deleted; the log ends at {end}.")
            : ErrorResult.None;
    }
}
