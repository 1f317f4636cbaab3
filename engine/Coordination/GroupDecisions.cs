using System.Text;
using Zurau.Engine.Common;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Decides requests for groups and their deadlines: functions of a group's state, with
/// Kafka's rules and codes. <see cref="JoinDecisions"/> has the requests to join.
/// </summary>
internal static class GroupDecisions
{
    internal static bool IsGroupId(string groupId) => groupId.Length > 0 && Encoding.UTF8.GetByteCount(groupId) <= short.MaxValue;

    /// <summary>Returns whether a request is from a member, and not for a group without members.</summary>
    internal static bool IsOfMember(string memberId, int generationId, string? instanceId) => memberId.Length > 0 || generationId >= 0 || instanceId is not null;

    /// <summary>
    /// Returns a member's assignment; the leader's request contains the assignments of all,
    /// which completes the rebalance.
    /// </summary>
    internal static GroupDecision Sync(GroupMetadata? current, SyncGroupRequest request, GroupSettings settings, GroupTime now)
    {
        ErrorCode refused = Check(current, request.MemberId, request.GroupInstanceId, request.GenerationId);
        if (refused == ErrorCode.None && ((request.ProtocolType is { } type && type != current!.ProtocolType) || (request.ProtocolName is { } name && name != current!.Protocol)))
        {
            refused = ErrorCode.InconsistentGroupProtocol;
        }

        if (refused == ErrorCode.None && current!.State == GroupState.PreparingRebalance)
        {
            refused = ErrorCode.RebalanceInProgress;
        }

        if (refused != ErrorCode.None)
        {
            return GroupDecision.RefuseSync(current, refused);
        }

        GroupMember member = current!.Members[request.MemberId];
        if (current.State == GroupState.Stable)
        {
            return new GroupDecision(ErrorCode.None, Synced(current.With(member with { MustSync = false }))) { Sync = GroupTransition.AssignmentOf(current, member) };
        }

        var transition = new GroupTransition(Synced(current.With(member with { MustSync = false, Wait = MemberWait.Sync })), settings, now);
        bool isLeader = current.Leader == request.MemberId;
        if (isLeader)
        {
            Assign(transition, request.Assignments, now);
        }

        return new GroupDecision(ErrorCode.None, transition.State)
        {
            ParkedId = request.MemberId,
            Write = isLeader ? GroupWrite.Required : GroupWrite.None,
            Answers = transition.Answers,
        };
    }

    /// <summary>
    /// The assignment could not be written: the waiting members are refused, and a rebalance
    /// begins. The leader's own request is not parked.
    /// </summary>
    internal static GroupDecision FailSync(GroupMetadata current, ErrorCode error, GroupSettings settings, GroupTime now)
    {
        var transition = new GroupTransition(current, settings, now);
        transition.RefuseSyncs(error);
        transition.Rebalance();
        return new GroupDecision(error, transition.State) { Write = transition.Write, Answers = transition.Answers };
    }

    /// <summary>Extends a member's session; returns whether it must join again.</summary>
    internal static GroupDecision Heartbeat(GroupMetadata? current, string memberId, int generationId, string? instanceId, GroupTime now)
    {
        ErrorCode refused = Check(current, memberId, instanceId, generationId);
        return refused != ErrorCode.None
            ? new GroupDecision(refused, current)
            : new GroupDecision(
                current!.State == GroupState.PreparingRebalance ? ErrorCode.RebalanceInProgress : ErrorCode.None,
                current.With(current.Members[memberId].Alive(now.NowMs)));
    }

    /// <summary>Removes members, each with a result of its own.</summary>
    internal static GroupDecision Leave(GroupMetadata? current, IReadOnlyList<LeavingMember> members, GroupSettings settings, GroupTime now)
    {
        if (current is null)
        {
            return new GroupDecision(ErrorCode.None, null) { Left = [.. members.Select(static member => new LeaveGroupResult(member, ErrorCode.UnknownMemberId))] };
        }

        var transition = new GroupTransition(current, settings, now);
        LeaveGroupResult[] results = [.. members.Select(member => new LeaveGroupResult(member, Leave(transition, member)))];
        if (transition.State.Members.Count < current.Members.Count || transition.State.Pending.Count < current.Pending.Count)
        {
            AfterRemoval(transition, wasMember: transition.State.Members.Count < current.Members.Count);
        }

        return new GroupDecision(ErrorCode.None, transition.State) { Left = results, Write = transition.Write, Answers = transition.Answers };
    }

    /// <summary>Applies the deadlines that have passed.</summary>
    internal static GroupDecision Expire(GroupMetadata current, GroupSettings settings, GroupTime now)
    {
        var transition = new GroupTransition(current, settings, now);
        foreach ((string memberId, long deadlineMs) in current.Pending)
        {
            if (deadlineMs <= now.NowMs)
            {
                transition.State = transition.State with { Pending = transition.State.Pending.Remove(memberId) };
                AfterRemoval(transition, wasMember: false);
            }
        }

        // Before the members: one that waits for the same time is in the next generation.
        if (transition.State is { State: GroupState.PreparingRebalance, JoinDeadlineMs: { } joinMs } && joinMs <= now.NowMs)
        {
            transition.EndJoinWait();
        }

        foreach (GroupMember member in current.Members.Values)
        {
            // Re-read: the removal of another member may have answered it.
            if (transition.State.Members.TryGetValue(member.MemberId, out GroupMember? left) && left.EffectiveDeadlineMs <= now.NowMs)
            {
                transition.Remove(member.MemberId);
                AfterRemoval(transition, wasMember: true);
            }
        }

        if (transition.State is { State: GroupState.CompletingRebalance or GroupState.Stable, SyncDeadlineMs: { } syncMs } && syncMs <= now.NowMs)
        {
            foreach (GroupMember member in transition.State.Members.Values.Where(static member => member.MustSync))
            {
                transition.Remove(member.MemberId);
            }

            transition.Prepare();
        }

        return new GroupDecision(ErrorCode.None, transition.State) { Write = transition.Write, Answers = transition.Answers };
    }

    /// <summary>
    /// Restarts the sessions of a group that was loaded. A group above the size limit, whose
    /// setting has changed, rebalances.
    /// </summary>
    internal static GroupDecision Restore(GroupMetadata loaded, GroupSettings settings, GroupTime now)
    {
        var transition = new GroupTransition(loaded, settings, now);
        foreach (GroupMember member in loaded.Members.Values)
        {
            transition.State = transition.State.With(member with { DeadlineMs = now.NowMs + member.SessionTimeoutMs });
        }

        if (loaded.Members.Count > settings.MaxSize)
        {
            transition.Prepare();
        }

        return new GroupDecision(ErrorCode.None, transition.State) { Write = transition.Write };
    }

    /// <summary>Returns whether offsets may be committed.</summary>
    /// <param name="current">The state; null for a group without members or an unknown id.</param>
    /// <param name="memberId">The member; empty for a group without members.</param>
    /// <param name="generationId">Its generation; -1 for a group without members.</param>
    /// <param name="instanceId">The id of a static member.</param>
    /// <param name="isTransactional">Whether a producer's transaction commits them.</param>
    internal static ErrorCode Commit(GroupMetadata? current, string memberId, int generationId, string? instanceId, bool isTransactional)
    {
        bool isEmpty = current is null || current.State == GroupState.Empty;
        if (generationId < 0 && isEmpty)
        {
            return ErrorCode.None; // A consumer without membership, or an administrator.
        }

        if (current is null)
        {
            return ErrorCode.IllegalGeneration; // A refused request creates no group.
        }

        if (IsOfMember(memberId, generationId, instanceId))
        {
            ErrorCode refused = current.Check(memberId, instanceId);
            refused = refused == ErrorCode.None && current.GenerationId != generationId ? ErrorCode.IllegalGeneration : refused;
            if (refused != ErrorCode.None)
            {
                return refused;
            }
        }
        else if (!isTransactional)
        {
            return ErrorCode.UnknownMemberId;
        }

        // Before its assignment a member must not commit: it may not own the partition any more.
        return !isTransactional && current.State == GroupState.CompletingRebalance ? ErrorCode.RebalanceInProgress : ErrorCode.None;
    }

    /// <summary>Returns whether a group may be deleted.</summary>
    internal static ErrorCode Delete(GroupMetadata? current, bool exists) =>
        !exists ? ErrorCode.GroupIdNotFound
        : current is null || current.State == GroupState.Empty ? ErrorCode.None
        : ErrorCode.NonEmptyGroup;

    /// <summary>Returns whether offsets of a group may be deleted at all.</summary>
    internal static ErrorCode DeleteOffsets(GroupMetadata? current, bool exists) =>
        !exists ? ErrorCode.GroupIdNotFound
        : current is null || current.State == GroupState.Empty || ConsumerSubscription.IsConsumer(current) ? ErrorCode.None
        : ErrorCode.NonEmptyGroup;

    private static ErrorCode Check(GroupMetadata? current, string memberId, string? instanceId, int generationId)
    {
        if (current is null || current.State == GroupState.Empty)
        {
            return ErrorCode.UnknownMemberId;
        }

        ErrorCode refused = current.Check(memberId, instanceId);
        return refused == ErrorCode.None && current.GenerationId != generationId ? ErrorCode.IllegalGeneration : refused;
    }

    private static GroupMetadata Synced(GroupMetadata state) =>
        state.Members.Values.Any(static member => member.MustSync) ? state : state with { SyncDeadlineMs = null };

    private static void Assign(GroupTransition transition, IReadOnlyList<MemberAssignment> assignments, GroupTime now)
    {
        var byMember = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        foreach (MemberAssignment assignment in assignments)
        {
            byMember[assignment.MemberId] = assignment.Assignment;
        }

        foreach (GroupMember member in transition.State.Members.Values)
        {
            transition.State = transition.State.With(member with { Assignment = byMember.GetValueOrDefault(member.MemberId).ToArray() });
        }

        transition.State = transition.State with { State = GroupState.Stable, StateTime = now.Recorded };
        transition.AnswerSyncs();
    }

    private static ErrorCode Leave(GroupTransition transition, LeavingMember leaving)
    {
        GroupMetadata state = transition.State;
        string memberId = leaving.MemberId;
        if (memberId.Length == 0)
        {
            // An administrator removes a static member.
            if (leaving.GroupInstanceId is null || state.FindStatic(leaving.GroupInstanceId) is not { } known)
            {
                return ErrorCode.UnknownMemberId;
            }

            memberId = known.MemberId;
        }
        else if (state.Pending.ContainsKey(memberId))
        {
            transition.State = state with { Pending = state.Pending.Remove(memberId) };
            return ErrorCode.None;
        }
        else if (state.Check(memberId, leaving.GroupInstanceId) is var refused and not ErrorCode.None)
        {
            return refused;
        }

        transition.Remove(memberId);
        return ErrorCode.None;
    }

    // A removed id that was only pending may have been the last one that a rebalance waits for.
    private static void AfterRemoval(GroupTransition transition, bool wasMember)
    {
        if (transition.State.State == GroupState.PreparingRebalance)
        {
            transition.CompleteIfAllJoined();
        }
        else if (wasMember && transition.State.State is GroupState.Stable or GroupState.CompletingRebalance)
        {
            transition.Prepare();
        }
    }
}
