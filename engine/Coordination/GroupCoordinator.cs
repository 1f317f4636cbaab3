using Zurau.Engine.Common;
using Zurau.Engine.Log;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Serves the requests of members and of administrators of groups;
/// <see cref="OffsetCoordinator"/> serves those for offsets. A request is decided on the
/// in-memory state (<see cref="JoinDecisions"/>, <see cref="GroupDecisions"/>), its
/// record is appended to <c>__consumer_offsets</c> and replayed into the state
/// (<see cref="GroupSteps"/>), and then answered; loading after a restart
/// (<see cref="GroupLoader"/>) uses the same replay. Thread-safe.
/// </summary>
internal sealed class GroupCoordinator(OffsetStore store, GroupLog groupLog, GroupSteps steps, FlushDuties flushes, GroupSettings settings, Random random)
{
    private readonly Lock _randomLock = new();

    /// <summary>Joins a group. Completes when the generation is complete.</summary>
    internal async ValueTask<JoinGroupResult> JoinAsync(JoinGroupRequest request)
    {
        if (!GroupDecisions.IsGroupId(request.GroupId))
        {
            return InvalidId(request.GroupId);
        }

        GroupChange change = steps.Change(request.GroupId, GroupSteps.Parking.Join, state => JoinDecisions.Join(state, request, settings, groupLog.Now, NextId));
        ErrorCode error = await steps.CompleteAsync(change).ConfigureAwait(false);
        return change.Join is { } parked ? await parked.WaitAsync().ConfigureAwait(false)
            : error == ErrorCode.None ? change.Decision.Join!
            : ParkedRequests.RefuseJoin(error);
    }

    /// <summary>
    /// Joins an empty group as a member that sends no heartbeats and does not share it.
    /// </summary>
    internal JoinGroupResult JoinExclusively(string groupId, string clientId)
    {
        if (!GroupDecisions.IsGroupId(groupId))
        {
            return InvalidId(groupId);
        }

        GroupChange change = steps.Change(groupId, GroupSteps.Parking.Never, state => JoinDecisions.JoinExclusively(state, groupId, clientId, groupLog.Now, NextId));
        GroupSteps.Release(change);
        return change.Error == ErrorCode.None ? change.Decision.Join! : ParkedRequests.RefuseJoin(change.Error);
    }

    /// <summary>Returns a member's assignment. Completes when the leader has sent it, and it is durable.</summary>
    internal async ValueTask<SyncGroupResult> SyncAsync(SyncGroupRequest request)
    {
        if (!GroupDecisions.IsGroupId(request.GroupId))
        {
            return SyncGroupResult.Refused(ErrorCode.InvalidGroupId);
        }

        GroupChange change = steps.Change(request.GroupId, GroupSteps.Parking.Sync, state => GroupDecisions.Sync(state, request, settings, groupLog.Now));
        ErrorCode error = await steps.CompleteAsync(change).ConfigureAwait(false);
        if (change.Error != ErrorCode.None)
        {
            GroupSteps.Release(steps.Change(request.GroupId, GroupSteps.Parking.Never, state => state is { State: GroupState.CompletingRebalance } && state.GenerationId == request.GenerationId
                ? GroupDecisions.FailSync(state, change.Error, settings, groupLog.Now)
                : new GroupDecision(change.Error, state)));
            return SyncGroupResult.Refused(change.Error);
        }

        return change.Sync is { } parked ? await parked.WaitAsync().ConfigureAwait(false)
            : error == ErrorCode.None ? change.Decision.Sync!
            : SyncGroupResult.Refused(error);
    }

    /// <summary>Extends a member's session.</summary>
    internal ErrorCode Heartbeat(string groupId, string memberId, int generationId, string? instanceId)
    {
        if (!GroupDecisions.IsGroupId(groupId))
        {
            return ErrorCode.InvalidGroupId;
        }

        GroupChange change = steps.Change(
            groupId, GroupSteps.Parking.Never, state => GroupDecisions.Heartbeat(state, memberId, generationId, instanceId, groupLog.Now), extendsOnly: true);
        return change.Error == ErrorCode.None ? change.Decision.Error : change.Error;
    }

    /// <summary>Removes members.</summary>
    internal IReadOnlyList<LeaveGroupResult> Leave(string groupId, IReadOnlyList<LeavingMember> members)
    {
        ErrorCode error = ErrorCode.InvalidGroupId;
        if (GroupDecisions.IsGroupId(groupId))
        {
            GroupChange change = steps.Change(groupId, GroupSteps.Parking.Never, state => GroupDecisions.Leave(state, members, settings, groupLog.Now));
            GroupSteps.Release(change);
            if (change.Error == ErrorCode.None)
            {
                return change.Decision.Left;
            }

            error = change.Error;
        }

        return [.. members.Select(member => new LeaveGroupResult(member, error))];
    }

    /// <summary>Lists groups in ordinal order of their ids.</summary>
    internal IEnumerable<GroupListing> List()
    {
        foreach ((string groupId, Group group) in store.All)
        {
            bool exists;
            lock (group)
            {
                exists = group.Exists;
            }

            if (exists)
            {
                GroupMetadata metadata = group.Metadata ?? GroupMetadata.New;
                yield return new GroupListing(groupId, metadata.ProtocolType, metadata.State);
            }
        }
    }

    /// <summary>Describes a group; null if it does not exist.</summary>
    internal GroupDescription? Describe(string groupId)
    {
        if (store.Find(groupId) is not { } group)
        {
            return null;
        }

        lock (group)
        {
            if (!group.Exists)
            {
                return null;
            }
        }

        GroupMetadata metadata = group.Metadata ?? GroupMetadata.New;
        bool isStable = metadata.State == GroupState.Stable;
        return new GroupDescription(
            groupId,
            metadata.State,
            metadata.ProtocolType,
            isStable ? metadata.Protocol ?? "" : "",
            metadata.GenerationId,
            [
                .. metadata.Members.Values.Select(member => new GroupMemberDescription(
                    member.MemberId,
                    member.InstanceId,
                    member.ClientId,
                    member.ClientHost,
                    isStable ? member.Metadata(metadata.Protocol) : default,
                    isStable ? member.Assignment : default)),
            ]);
    }

    /// <summary>
    /// Deletes an empty group with its offsets, durably. Offsets that an open transaction
    /// would commit are deleted, too.
    /// </summary>
    internal async ValueTask<ErrorCode> DeleteAsync(string groupId)
    {
        if (!GroupDecisions.IsGroupId(groupId))
        {
            return ErrorCode.InvalidGroupId;
        }

        PartitionLog? log = null;
        ErrorCode error;
        long endOffset = -1;
        using (groupLog.EnterWrites(store.PartitionOf(groupId)))
        {
            Group? group = store.Find(groupId);
            TopicPartition[] offsets = [];
            bool exists = false;
            if (group is not null)
            {
                lock (group)
                {
                    exists = group.Exists;
                    offsets = [.. group.Stored.OrderBy(static partition => partition.Topic, StringComparer.Ordinal).ThenBy(static partition => partition.Partition)];
                }
            }

            error = GroupDecisions.Delete(group?.Metadata, exists);
            if (error == ErrorCode.None && (offsets.Length > 0 || group!.IsRecorded))
            {
                log = groupLog.LogOf(groupId);
                error = log is null ? ErrorCode.CoordinatorNotAvailable : groupLog.Remove(log, group!, offsets, group!.IsRecorded, ref endOffset);
            }

            if (error == ErrorCode.None)
            {
                group!.Metadata = null;
                store.ForgetIfBlank(group);
            }
        }

        // Also after an error: what was appended before it must not return after a crash.
        ErrorCode flushed = endOffset < 0 ? ErrorCode.None : await flushes.WhenDurable(log!.Flusher, endOffset).ConfigureAwait(false);
        return error == ErrorCode.None ? flushed : error;
    }

    private static JoinGroupResult InvalidId(string groupId) =>
        new(ErrorCode.InvalidGroupId, "", -1, $"The group id has {groupId.Length} characters; set 'group.id' to 1 to {short.MaxValue} bytes of text.");

    private string NextId()
    {
        lock (_randomLock)
        {
            return KafkaUuid.Create(random).ToString();
        }
    }
}
