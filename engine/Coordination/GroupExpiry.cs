using Zurau.Engine.Common;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Decides which offsets of a group have expired, by Kafka's rules: those of a group with
/// members never, except for topics that no member is subscribed to; those of a group that
/// became empty after the retention time since then; those of a group that never had
/// members after the retention time since their commit.
/// </summary>
internal static class GroupExpiry
{
    /// <summary>Returns the expired offsets, and whether the group expires with them.</summary>
    /// <param name="group">The group; the caller holds its lock.</param>
    /// <param name="retentionMs">The retention time.</param>
    /// <param name="nowMs">Milliseconds of the pump's clock.</param>
    /// <param name="wall">The wall clock.</param>
    internal static (TopicPartition[] Offsets, bool IsGroupExpired) Expired(Group group, long retentionMs, long nowMs, ExpiryTime wall)
    {
        GroupMetadata metadata = group.Metadata ?? GroupMetadata.New;
        bool isEmpty = metadata.State == GroupState.Empty;
        IReadOnlySet<string>? subscribed = metadata.State == GroupState.Stable ? ConsumerSubscription.Topics(metadata) : null;
        if (!isEmpty && subscribed is null)
        {
            return ([], false);
        }

        // An offset that contains its own time of expiry does not depend on the group's state.
        RecordedTime? emptySince = isEmpty && metadata.ProtocolType.Length > 0 ? metadata.StateTime : null;
        TopicPartition[] expired =
        [
            .. group.Settled
                .Where(offset => subscribed?.Contains(offset.Partition.Topic) != true && (offset.Time.ExpiresMs is null ? emptySince ?? offset.Time : offset.Time).IsExpired(retentionMs, nowMs, wall))
                .Select(static offset => offset.Partition)
                .OrderBy(static partition => partition.Topic, StringComparer.Ordinal)
                .ThenBy(static partition => partition.Partition),
        ];
        return (expired, isEmpty && metadata.Pending.IsEmpty && group.Offsets.Count == expired.Length && !group.HasPendingOffsets);
    }
}
