using System.Diagnostics;
using Zurau.Engine.Common;

namespace Zurau.Engine.Coordination;

/// <summary>
/// A decision in progress: the steps that several requests and deadlines have in common.
/// Changes only itself.
/// </summary>
internal sealed class GroupTransition(GroupMetadata state, GroupSettings settings, GroupTime now)
{
    private readonly List<GroupAnswer> _answers = [];

    internal GroupMetadata State { get; set; } = state;

    internal GroupWrite Write { get; set; }

    internal IReadOnlyList<GroupAnswer> Answers => _answers;

    /// <summary>Begins a rebalance, or completes the join phase of the current one if all have joined.</summary>
    internal void Rebalance()
    {
        if (State.State == GroupState.PreparingRebalance)
        {
            CompleteIfAllJoined();
        }
        else
        {
            Prepare();
        }
    }

    /// <summary>Begins a rebalance. The state is not preparing one.</summary>
    internal void Prepare()
    {
        Debug.Assert(State.State is GroupState.Empty or GroupState.CompletingRebalance or GroupState.Stable, "A rebalance begins in any other state.");
        if (State.State == GroupState.CompletingRebalance)
        {
            RefuseSyncs(ErrorCode.RebalanceInProgress);
        }

        bool isInitial = State.State == GroupState.Empty;
        State = State with { State = GroupState.PreparingRebalance, SyncDeadlineMs = null };
        if (!isInitial)
        {
            if (!CompleteIfAllJoined())
            {
                State = State with { JoinDeadlineMs = now.NowMs + State.RebalanceTimeoutMs };
            }
        }
        else if (settings.InitialRebalanceDelayMs <= 0)
        {
            Complete();
        }
        else
        {
            int delayMs = settings.InitialRebalanceDelayMs;
            State = State with
            {
                Initial = new InitialDelay(delayMs, Math.Max(State.RebalanceTimeoutMs - delayMs, 0), HasNewMember: false),
                JoinDeadlineMs = now.NowMs + delayMs,
            };
        }
    }

    /// <summary>
    /// Completes the join phase if each member has joined, unless the initial delay is in
    /// progress.
    /// </summary>
    internal bool CompleteIfAllJoined()
    {
        bool isComplete = State is { State: GroupState.PreparingRebalance, Initial: null, HaveAllJoined: true };
        if (isComplete)
        {
            Complete();
        }

        return isComplete;
    }

    /// <summary>The deadline of the join phase has passed.</summary>
    internal void EndJoinWait()
    {
        if (State.Initial is { HasNewMember: true, RemainingMs: > 0 } initial)
        {
            int delayMs = Math.Min(settings.InitialRebalanceDelayMs, initial.RemainingMs);
            State = State with
            {
                Initial = new InitialDelay(delayMs, Math.Max(initial.RemainingMs - initial.DelayMs, 0), HasNewMember: false),
                JoinDeadlineMs = now.NowMs + delayMs,
            };
        }
        else
        {
            Complete();
        }
    }

    /// <summary>Removes a member; its requests in progress are refused.</summary>
    internal void Remove(string memberId)
    {
        if (!State.Members.TryGetValue(memberId, out GroupMember? member))
        {
            return;
        }

        Refuse(member, ErrorCode.UnknownMemberId);
        State = State with { Members = State.Members.Remove(memberId) };
        if (State.Leader == memberId)
        {
            State = State with { Leader = State.Members.Keys.FirstOrDefault() };
        }
    }

    /// <summary>Refuses the request of a member that is in progress, if any.</summary>
    internal void Refuse(GroupMember member, ErrorCode error)
    {
        if (member.Wait == MemberWait.Join)
        {
            _answers.Add(new GroupAnswer(member.MemberId, new JoinGroupResult(error, "", -1, $"Member '{member.MemberId}': {error}."), null));
        }
        else if (member.Wait == MemberWait.Sync)
        {
            _answers.Add(new GroupAnswer(member.MemberId, null, SyncGroupResult.Refused(error)));
        }
    }

    /// <summary>
    /// Refuses all syncs and removes the assignments, which belong to no generation any
    /// more. The sessions of the waiting members begin again.
    /// </summary>
    internal void RefuseSyncs(ErrorCode error)
    {
        foreach (GroupMember member in State.Members.Values)
        {
            GroupMember reset = member with { Assignment = default };
            if (member.Wait == MemberWait.Sync)
            {
                Refuse(member, error);
                reset = (reset with { Wait = MemberWait.None }).Alive(now.NowMs);
            }

            State = State.With(reset);
        }
    }

    /// <summary>Answers each waiting member with its assignment.</summary>
    internal void AnswerSyncs()
    {
        foreach (GroupMember member in State.Members.Values.Where(static member => member.Wait == MemberWait.Sync))
        {
            _answers.Add(new GroupAnswer(member.MemberId, null, AssignmentOf(State, member)));
            State = State.With((member with { Wait = MemberWait.None }).Alive(now.NowMs));
        }
    }

    internal static SyncGroupResult AssignmentOf(GroupMetadata state, GroupMember member) => new(ErrorCode.None, state.ProtocolType, state.Protocol, member.Assignment);

    /// <summary>Creates a member's answer in the current generation; only the leader gets the members.</summary>
    internal static JoinGroupResult Joined(GroupMetadata state, string memberId) => new(ErrorCode.None, memberId, state.GenerationId)
    {
        ProtocolType = state.ProtocolType,
        ProtocolName = state.Protocol,
        Leader = state.Leader ?? "",
        Members = state.Leader != memberId ? [] : [.. state.Members.Values.Select(member => new JoinedMember(member.MemberId, member.InstanceId, member.Metadata(state.Protocol)))],
    };

    /// <summary>
    /// Returns the protocol of the next generation: each member votes for its preferred one
    /// among those that all support.
    /// </summary>
    internal static string? Vote(GroupMetadata state)
    {
        var votes = new Dictionary<string, int>(StringComparer.Ordinal);
        string? elected = null;
        foreach (GroupMember member in state.Members.Values)
        {
            GroupProtocol preferred = member.Protocols.FirstOrDefault(protocol => state.Members.Values.All(other => other.Supports(protocol.Name)));
            if (preferred.Name is { } name)
            {
                votes[name] = votes.GetValueOrDefault(name) + 1;
                elected = elected is null || votes[name] > votes[elected] ? name : elected;
            }
        }

        return elected;
    }

    // Completes the join phase: dynamic members that have not joined are removed, the others
    // are the next generation.
    private void Complete()
    {
        foreach (GroupMember absent in State.Members.Values.Where(static member => member is { IsStatic: false, Wait: not MemberWait.Join }))
        {
            Remove(absent.MemberId);
        }

        if (!State.Members.IsEmpty && !ElectLeader())
        {
            // Only static members that have not joined: they stay until their sessions expire.
            State = State with { Initial = null, JoinDeadlineMs = now.NowMs + State.RebalanceTimeoutMs };
            return;
        }

        State = State with { GenerationId = State.GenerationId + 1, Initial = null, JoinDeadlineMs = null, SyncDeadlineMs = null, StateTime = now.Recorded };
        if (State.Members.IsEmpty)
        {
            State = State with { State = GroupState.Empty, Protocol = null, Leader = null };
            Write = GroupWrite.Optional;
            return;
        }

        string? protocol = Vote(State);
        Debug.Assert(protocol is not null, "A member was accepted that has no protocol in common with the others.");
        State = State with { State = GroupState.CompletingRebalance, Protocol = protocol, SyncDeadlineMs = now.NowMs + State.RebalanceTimeoutMs };
        GroupMetadata generation = State;
        foreach (GroupMember member in generation.Members.Values)
        {
            if (member.Wait == MemberWait.Join)
            {
                _answers.Add(new GroupAnswer(member.MemberId, Joined(generation, member.MemberId), null));
            }

            State = State.With((member with { Wait = MemberWait.None, IsNew = false, MustSync = true }).Alive(now.NowMs));
        }
    }

    // The leader must have joined. Returns false if no member has.
    private bool ElectLeader()
    {
        if (State.Leader is { } leader && State.Members[leader].Wait == MemberWait.Join)
        {
            return true;
        }

        string? joined = State.Members.Values.FirstOrDefault(static member => member.Wait == MemberWait.Join)?.MemberId;
        State = State with { Leader = joined ?? State.Leader };
        return joined is not null;
    }
}
