using System.Collections.Immutable;

namespace Zurau.Engine.Coordination;

/// <summary>
/// How long a group that was empty waits for further members before its first
/// generation. Each member that joins meanwhile extends it.
/// </summary>
/// <param name="DelayMs">The current part of the delay.</param>
/// <param name="RemainingMs">How much may follow it.</param>
/// <param name="HasNewMember">Whether a member joined in the current part.</param>
internal sealed record InitialDelay(int DelayMs, int RemainingMs, bool HasNewMember);

/// <summary>
/// The members of a group and their generation. Immutable. Its record in
/// <c>__consumer_offsets</c> (<see cref="GroupRecords"/>) contains a stable or an empty
/// state; waits and deadlines exist in memory only.
/// </summary>
internal sealed record GroupMetadata
{
    internal static ImmutableSortedDictionary<string, GroupMember> NoMembers { get; } = ImmutableSortedDictionary.Create<string, GroupMember>(StringComparer.Ordinal);

    internal static ImmutableSortedDictionary<string, long> NoPending { get; } = ImmutableSortedDictionary.Create<string, long>(StringComparer.Ordinal);

    /// <summary>A group before its first member.</summary>
    internal static GroupMetadata New { get; } = new();

    internal GroupState State { get; init; } = GroupState.Empty;

    /// <summary>When <see cref="State"/> began; null if the record does not contain it.</summary>
    internal RecordedTime? StateTime { get; init; }

    /// <summary>
    /// What the members use the group for; empty before the first member. An empty group
    /// keeps it.
    /// </summary>
    internal string ProtocolType { get; init; } = "";

    internal int GenerationId { get; init; }

    /// <summary>The protocol of the generation; null for an empty group.</summary>
    internal string? Protocol { get; init; }

    /// <summary>The id of the leader; null without members.</summary>
    internal string? Leader { get; init; }

    /// <summary>The members by their ids.</summary>
    internal ImmutableSortedDictionary<string, GroupMember> Members { get; init; } = NoMembers;

    /// <summary>
    /// Ids that were sent to clients that must still join with them, and until when.
    /// </summary>
    internal ImmutableSortedDictionary<string, long> Pending { get; init; } = NoPending;

    /// <summary>While members join: when the generation is complete at the latest.</summary>
    internal long? JoinDeadlineMs { get; init; }

    /// <summary>While a group that was empty waits for further members; else null.</summary>
    internal InitialDelay? Initial { get; init; }

    /// <summary>When members that have not requested their assignment are removed.</summary>
    internal long? SyncDeadlineMs { get; init; }

    /// <summary>
    /// True if its only member has joined through <c>BrokerGroups.Join</c>: it sends no
    /// heartbeats and does not share the group.
    /// </summary>
    internal bool IsExclusive { get; init; }

    /// <summary>True if nothing would be lost without this object.</summary>
    internal bool IsBlank => State == GroupState.Empty && Pending.IsEmpty && GenerationId == 0 && ProtocolType.Length == 0;

    /// <summary>
    /// The longest rebalance timeout of the members; at least 1 ms, so that a wait never ends
    /// at the time at which it begins.
    /// </summary>
    internal int RebalanceTimeoutMs => Members.Values.Select(static member => member.RebalanceTimeoutMs).Append(1).Max();

    internal bool HaveAllJoined => Pending.IsEmpty && Members.Values.All(static member => member.Wait == MemberWait.Join);

    /// <summary>The earliest of all deadlines; null for none.</summary>
    internal long? NextDeadlineMs
    {
        get
        {
            long? next = Earlier(JoinDeadlineMs, SyncDeadlineMs);
            foreach (GroupMember member in Members.Values)
            {
                next = Earlier(next, member.EffectiveDeadlineMs);
            }

            foreach (long deadlineMs in Pending.Values)
            {
                next = Earlier(next, deadlineMs);
            }

            return next;
        }
    }

    /// <summary>Returns the static member with an instance id; null if there is none.</summary>
    internal GroupMember? FindStatic(string instanceId) => Members.Values.FirstOrDefault(member => member.InstanceId == instanceId);

    /// <summary>Returns why a request is not from a member; no error if it is.</summary>
    internal ErrorCode Check(string memberId, string? instanceId)
    {
        if (instanceId is not null)
        {
            GroupMember? known = FindStatic(instanceId);
            if (known is null)
            {
                return ErrorCode.UnknownMemberId;
            }

            if (known.MemberId != memberId)
            {
                return ErrorCode.FencedInstanceId;
            }
        }

        return Members.ContainsKey(memberId) ? ErrorCode.None : ErrorCode.UnknownMemberId;
    }

    internal GroupMetadata With(GroupMember member) => this with { Members = Members.SetItem(member.MemberId, member) };

    private static long? Earlier(long? left, long? right) => left is null ? right : right is null ? left : Math.Min(left.Value, right.Value);
}
