using Zurau.Engine.Common;
using Zurau.Engine.Log;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Maintains groups without a request: applies the deadlines of their members, and removes
/// expired offsets and groups. Thread-safe.
/// </summary>
internal sealed class GroupUpkeep(OffsetStore store, GroupLog groupLog, GroupSteps steps, GroupSettings settings, long retentionMs, HealthLog health)
{
    private const string Component = "offset expiry";

    /// <summary>Restarts the sessions of the members that were loaded; must be called once, before any request.</summary>
    internal void Restore()
    {
        foreach ((string groupId, Group group) in store.All)
        {
            if (group.Metadata is not null)
            {
                GroupSteps.Release(steps.Change(groupId, GroupSteps.Parking.Never, state => GroupDecisions.Restore(state!, settings, groupLog.Now)));
            }
        }
    }

    /// <summary>Applies the deadlines of a group that have passed, and schedules the next one.</summary>
    internal void Expire(Group group) => GroupSteps.Release(steps.Change(
        group.GroupId, GroupSteps.Parking.Never, state => state is null ? new GroupDecision(ErrorCode.None, null) : GroupDecisions.Expire(state, settings, groupLog.Now)));

    /// <summary>
    /// Removes expired offsets and groups; returns how many offsets. The tombstones are not
    /// flushed: if a crash loses them, the offsets expire again.
    /// </summary>
    internal int ExpireOffsets(long nowMs, ExpiryTime wall)
    {
        int removed = 0;
        var failed = new HashSet<TopicPartition>();
        foreach ((_, Group group) in store.All)
        {
            removed += ExpireOffsets(group, nowMs, wall, failed);
        }

        foreach (PartitionLog log in groupLog.Logs.Where(log => !failed.Contains(log.Partition)))
        {
            health.Clear(Component, log.Partition);
        }

        return removed;
    }

    private int ExpireOffsets(Group group, long nowMs, ExpiryTime wall, HashSet<TopicPartition> failed)
    {
        using (groupLog.EnterWrites(group.Partition))
        {
            (TopicPartition[] offsets, bool isGroupExpired) = Read(group, nowMs, wall);
            bool removesGroup = isGroupExpired && group.IsRecorded;
            if (offsets.Length > 0 || removesGroup)
            {
                long endOffset = -1;
                PartitionLog? log = groupLog.LogOf(group.GroupId);
                ErrorCode error = log is null ? ErrorCode.CoordinatorNotAvailable : groupLog.Remove(log, group, offsets, removesGroup, ref endOffset);
                if (error != ErrorCode.None)
                {
                    if (log is not null && failed.Add(log.Partition))
                    {
                        health.Report(Component, $"Expired offsets of group '{group.GroupId}' could not be removed: {error}. The next check tries it again.", log.Partition);
                    }

                    return 0;
                }
            }

            if (isGroupExpired)
            {
                group.Metadata = null;
            }

            store.ForgetIfBlank(group);
            return offsets.Length;
        }
    }

    private (TopicPartition[] Offsets, bool IsGroupExpired) Read(Group group, long nowMs, ExpiryTime wall)
    {
        lock (group)
        {
            return GroupExpiry.Expired(group, retentionMs, nowMs, wall);
        }
    }
}
