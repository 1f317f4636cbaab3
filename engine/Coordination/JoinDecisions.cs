using System.Collections.Immutable;
using System.Text;
using Zurau.Engine.Common;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Decides requests to join a group: functions of the group's state, with Kafka's rules
/// and codes.
/// </summary>
internal static class JoinDecisions
{
    // A text of a record has an int16 length; a member's id also has a dash and 36 characters.
    private const int MaxTextBytes = short.MaxValue - 37;

    /// <summary>Joins a group, or its next generation.</summary>
    /// <param name="current">The state; null for a group without members or an unknown id.</param>
    /// <param name="request">The request.</param>
    /// <param name="settings">The broker settings.</param>
    /// <param name="now">The current time.</param>
    /// <param name="newId">Creates the unique part of a member's id.</param>
    internal static GroupDecision Join(GroupMetadata? current, JoinGroupRequest request, GroupSettings settings, GroupTime now, Func<string> newId)
    {
        if (request.SessionTimeoutMs < settings.MinSessionTimeoutMs || request.SessionTimeoutMs > settings.MaxSessionTimeoutMs)
        {
            return GroupDecision.RefuseJoin(
                current,
                ErrorCode.InvalidSessionTimeout,
                $"'session.timeout.ms' is {request.SessionTimeoutMs}; set it to a value from {settings.MinSessionTimeoutMs} ('group.min.session.timeout.ms') to {settings.MaxSessionTimeoutMs} ('group.max.session.timeout.ms').",
                request.MemberId);
        }

        if (!IsRecordable(request))
        {
            return GroupDecision.RefuseJoin(
                current,
                ErrorCode.InvalidRequest,
                $"'client.id', 'group.instance.id', the host and the names of protocols of a member have at most {MaxTextBytes} bytes each.");
        }

        if (current is { IsExclusive: true, Members.IsEmpty: false })
        {
            return GroupDecision.RefuseJoin(current, ErrorCode.GroupMaxSizeReached, Occupied(request.GroupId, current));
        }

        if (current is null && request.MemberId.Length > 0)
        {
            return Unknown(current, request);
        }

        var transition = new GroupTransition(current ?? GroupMetadata.New, settings, now);
        if (!Accepts(transition.State, request.MemberId, settings))
        {
            return RefuseForSize(transition, request, settings);
        }

        if (!IsCompatible(transition.State, request))
        {
            return GroupDecision.RefuseJoin(
                current,
                ErrorCode.InconsistentGroupProtocol,
                $"Group '{request.GroupId}' has the protocol type '{transition.State.ProtocolType}'; the member has '{request.ProtocolType}' with {string.Join(", ", request.Protocols.Select(static protocol => protocol.Name))}. Use a protocol ('partition.assignment.strategy') that all members support.",
                request.MemberId);
        }

        return request.MemberId.Length == 0 ? JoinNew(transition, request, now, newId) : JoinKnown(transition, request, now);
    }

    /// <summary>
    /// Joins a group whose only member sends no heartbeats: the consumer of this process
    /// before it takes part in rebalances.
    /// </summary>
    internal static GroupDecision JoinExclusively(GroupMetadata? current, string groupId, string clientId, GroupTime now, Func<string> newId)
    {
        GroupMetadata state = current ?? GroupMetadata.New;
        if (state.State != GroupState.Empty)
        {
            return GroupDecision.RefuseJoin(current, ErrorCode.GroupMaxSizeReached, Occupied(groupId, state));
        }

        var member = new GroupMember
        {
            MemberId = $"{(clientId.Length == 0 ? "consumer" : clientId)}-{newId()}",
            ClientId = clientId,
            ClientHost = "",
            SessionTimeoutMs = 0,
            RebalanceTimeoutMs = 0,
            Protocols = [],
        };
        GroupMetadata next = state with
        {
            State = GroupState.Stable,
            StateTime = now.Recorded,
            IsExclusive = true,
            ProtocolType = "consumer",
            GenerationId = state.GenerationId + 1,
            Leader = member.MemberId,
            Members = GroupMetadata.NoMembers.Add(member.MemberId, member),
        };
        return new GroupDecision(ErrorCode.None, next) { Join = GroupTransition.Joined(next, member.MemberId) };
    }

    private static string Occupied(string groupId, GroupMetadata state) =>
        $"Group '{groupId}' already has the member '{state.Members.Keys.FirstOrDefault()}', which does not share it: close that consumer first, or use another 'group.id'.";

    private static GroupDecision Unknown(GroupMetadata? current, JoinGroupRequest request) =>
        GroupDecision.RefuseJoin(current, ErrorCode.UnknownMemberId, $"Group '{request.GroupId}' does not know the member '{request.MemberId}'; join without an id.");

    private static bool IsRecordable(JoinGroupRequest request) => Fits(request.ClientId) && Fits(request.ClientHost) && Fits(request.ProtocolType)
        && (request.GroupInstanceId is null || Fits(request.GroupInstanceId)) && request.Protocols.All(static protocol => Fits(protocol.Name));

    private static bool Fits(string text) => Encoding.UTF8.GetByteCount(text) <= MaxTextBytes;

    // While a rebalance is prepared, the waiting members are counted, so that a group above
    // the limit (its setting has changed) gets smaller: the last to join are refused.
    private static bool Accepts(GroupMetadata state, string memberId, GroupSettings settings) => state.State switch
    {
        GroupState.Empty => true,
        GroupState.PreparingRebalance => state.Members.GetValueOrDefault(memberId)?.Wait == MemberWait.Join
            || state.Members.Values.Count(static member => member.Wait == MemberWait.Join) < settings.MaxSize,
        _ => state.Members.ContainsKey(memberId) || state.Members.Count < settings.MaxSize,
    };

    private static GroupDecision RefuseForSize(GroupTransition transition, JoinGroupRequest request, GroupSettings settings)
    {
        transition.Remove(request.MemberId);
        transition.State = transition.State with { Pending = transition.State.Pending.Remove(request.MemberId) };
        transition.CompleteIfAllJoined();
        return GroupDecision.RefuseJoin(
            transition.State,
            ErrorCode.GroupMaxSizeReached,
            $"Group '{request.GroupId}' has {settings.MaxSize} members, the most that 'group.max.size' allows; raise it, or start fewer consumers.") with
        {
            Write = transition.Write,
            Answers = transition.Answers,
        };
    }

    private static bool IsCompatible(GroupMetadata state, JoinGroupRequest request) => state.State == GroupState.Empty
        ? request.ProtocolType.Length > 0 && request.Protocols.Count > 0
        : request.ProtocolType == state.ProtocolType && request.Protocols.Any(protocol => state.Members.Values.All(member => member.Supports(protocol.Name)));

    private static GroupDecision JoinNew(GroupTransition transition, JoinGroupRequest request, GroupTime now, Func<string> newId)
    {
        string memberId = $"{request.GroupInstanceId ?? request.ClientId}-{newId()}";
        if (request.GroupInstanceId is { } instanceId)
        {
            return transition.State.FindStatic(instanceId) is { } known
                ? ReplaceStatic(transition, request, known, memberId, now)
                : Add(transition, request, memberId, now);
        }

        if (!request.RequiresKnownMemberId)
        {
            return Add(transition, request, memberId, now);
        }

        // A client whose first answer is lost would otherwise leave a member for each attempt.
        GroupMetadata next = transition.State with { Pending = transition.State.Pending.Add(memberId, now.NowMs + request.SessionTimeoutMs) };
        return GroupDecision.RefuseJoin(next, ErrorCode.MemberIdRequired, $"Join group '{request.GroupId}' again with the member id of this answer.", memberId);
    }

    private static GroupDecision JoinKnown(GroupTransition transition, JoinGroupRequest request, GroupTime now)
    {
        GroupMetadata state = transition.State;
        if (request.GroupInstanceId is null && state.Pending.ContainsKey(request.MemberId))
        {
            return Add(transition, request, request.MemberId, now);
        }

        ErrorCode refused = state.Check(request.MemberId, request.GroupInstanceId);
        if (refused == ErrorCode.FencedInstanceId)
        {
            return GroupDecision.RefuseJoin(state, refused, $"Another consumer has joined group '{request.GroupId}' with 'group.instance.id={request.GroupInstanceId}'.", request.MemberId);
        }

        if (refused != ErrorCode.None)
        {
            return Unknown(state, request);
        }

        // A leader joins again to assign again; the metadata of topics may have changed.
        GroupMember member = state.Members[request.MemberId];
        bool isUnchanged = member.HasProtocols(request.Protocols);
        bool continues = state.State switch
        {
            GroupState.CompletingRebalance => isUnchanged, // Its answer was lost.
            GroupState.Stable => isUnchanged && state.Leader != request.MemberId,
            _ => false,
        };
        if (continues)
        {
            JoinGroupResult joined = GroupTransition.Joined(state, request.MemberId);
            return new GroupDecision(ErrorCode.None, state) { Join = state.State == GroupState.Stable ? joined with { Members = [] } : joined };
        }

        if (member.Wait == MemberWait.Sync)
        {
            transition.Refuse(member, ErrorCode.RebalanceInProgress);
        }

        transition.State = state.With(Updated(member, request));
        transition.Rebalance();
        return Parked(transition, request.MemberId);
    }

    private static GroupDecision Add(GroupTransition transition, JoinGroupRequest request, string memberId, GroupTime now)
    {
        GroupMetadata state = transition.State;
        var member = new GroupMember
        {
            MemberId = memberId,
            InstanceId = request.GroupInstanceId,
            ClientId = request.ClientId,
            ClientHost = request.ClientHost,
            SessionTimeoutMs = request.SessionTimeoutMs,
            RebalanceTimeoutMs = request.RebalanceTimeoutMs,
            Protocols = Copy(request.Protocols),
            Wait = MemberWait.Join,
            IsNew = true,
            DeadlineMs = now.NowMs + GroupSettings.NewMemberJoinTimeoutMs,
        };
        transition.State = state.With(member) with
        {
            Pending = state.Pending.Remove(memberId),
            ProtocolType = state.Members.IsEmpty ? request.ProtocolType : state.ProtocolType,
            Leader = state.Leader ?? memberId,
            Initial = state.Initial is { } initial ? initial with { HasNewMember = true } : null,
            IsExclusive = false,
        };
        transition.Rebalance();
        return Parked(transition, memberId);
    }

    // The process of a static member has restarted: it gets a new id and keeps the assignment.
    private static GroupDecision ReplaceStatic(GroupTransition transition, JoinGroupRequest request, GroupMember known, string memberId, GroupTime now)
    {
        GroupMetadata before = transition.State;
        transition.Refuse(known, ErrorCode.FencedInstanceId);
        GroupMember member = (Updated(known, request) with { MemberId = memberId, ClientId = request.ClientId, ClientHost = request.ClientHost, IsNew = false, DeadlineMs = now.NowMs }).Alive(now.NowMs);
        GroupMetadata next = before with
        {
            Members = before.Members.Remove(known.MemberId).Add(memberId, member),
            Leader = before.Leader == known.MemberId ? memberId : before.Leader,
        };
        if (before.State == GroupState.Stable && GroupTransition.Vote(next) == before.Protocol)
        {
            // A leader that cannot skip the assignment must not assign: it gets the previous leader's id.
            JoinGroupResult joined = GroupTransition.Joined(next, memberId);
            bool isLeader = next.Leader == memberId;
            return new GroupDecision(ErrorCode.None, next.With(member with { Wait = MemberWait.None }))
            {
                Write = GroupWrite.Required,
                Join = request.CanSkipAssignment ? joined with { SkipAssignment = isLeader } : joined with { Members = [], Leader = before.Leader ?? "" },
                Answers = transition.Answers,
            };
        }

        // A leader that has begun to assign knows the former id: another rebalance is necessary.
        transition.State = next;
        transition.Rebalance();
        return Parked(transition, memberId);
    }

    private static GroupDecision Parked(GroupTransition transition, string memberId) =>
        new(ErrorCode.None, transition.State) { ParkedId = memberId, Write = transition.Write, Answers = transition.Answers };

    private static GroupMember Updated(GroupMember member, JoinGroupRequest request) => member with
    {
        Protocols = Copy(request.Protocols),
        SessionTimeoutMs = request.SessionTimeoutMs,
        RebalanceTimeoutMs = request.RebalanceTimeoutMs,
        Wait = MemberWait.Join,
    };

    private static ImmutableArray<GroupProtocol> Copy(IReadOnlyList<GroupProtocol> protocols) =>
        [.. protocols.Select(static protocol => new GroupProtocol(protocol.Name, protocol.Metadata.ToArray()))];
}
