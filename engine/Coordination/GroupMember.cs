using System.Collections.Immutable;
using Zurau.Engine.Common;

namespace Zurau.Engine.Coordination;

/// <summary>The request of a member that is not answered yet.</summary>
internal enum MemberWait
{
    /// <summary>The member has no request in progress.</summary>
    None,

    /// <summary>It has joined the next generation, which is not complete.</summary>
    Join,

    /// <summary>It waits for the leader's assignment.</summary>
    Sync,
}

/// <summary>A member of a group. Immutable.</summary>
internal sealed record GroupMember
{
    internal required string MemberId { get; init; }

    /// <summary>The id of a static member; null for a dynamic one.</summary>
    internal string? InstanceId { get; init; }

    internal required string ClientId { get; init; }

    internal required string ClientHost { get; init; }

    internal required int SessionTimeoutMs { get; init; }

    internal required int RebalanceTimeoutMs { get; init; }

    /// <summary>
    /// The protocols that it supports, the preferred one first. Of a member that was loaded
    /// at startup only the generation's protocol is known.
    /// </summary>
    internal required ImmutableArray<GroupProtocol> Protocols { get; init; }

    internal ReadOnlyMemory<byte> Assignment { get; init; }

    internal MemberWait Wait { get; init; }

    /// <summary>
    /// True until its first generation is complete: it does not know its id, so it cannot
    /// send heartbeats.
    /// </summary>
    internal bool IsNew { get; init; }

    /// <summary>True until it has requested its assignment in this generation.</summary>
    internal bool MustSync { get; init; }

    /// <summary>
    /// When the session ends, or the join of a new member, in milliseconds of the pump's
    /// clock; null if never.
    /// </summary>
    internal long? DeadlineMs { get; init; }

    internal bool IsStatic => InstanceId is not null;

    /// <summary>
    /// Returns the deadline if it applies: a member that waits for an answer of the group
    /// sends no heartbeats.
    /// </summary>
    internal long? EffectiveDeadlineMs => IsNew || Wait == MemberWait.None ? DeadlineMs : null;

    internal bool Supports(string protocol) => Protocols.Any(supported => supported.Name == protocol);

    /// <summary>Returns what the member sent with a protocol; empty if it does not support it.</summary>
    internal ReadOnlyMemory<byte> Metadata(string? protocol) => Protocols.FirstOrDefault(supported => supported.Name == protocol).Metadata;

    /// <summary>Returns whether protocols are the same, with the same metadata, in the same order.</summary>
    internal bool HasProtocols(IReadOnlyList<GroupProtocol> protocols)
    {
        if (protocols.Count != Protocols.Length)
        {
            return false;
        }

        for (int i = 0; i < Protocols.Length; i++)
        {
            if (protocols[i].Name != Protocols[i].Name || !protocols[i].Metadata.Span.SequenceEqual(Protocols[i].Metadata.Span))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Returns the member with a session that begins now.</summary>
    internal GroupMember Alive(long nowMs) => DeadlineMs is null ? this : this with { DeadlineMs = nowMs + SessionTimeoutMs };
}
