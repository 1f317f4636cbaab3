namespace Zurau.Engine.Common;

/// <summary>The result of joining a group.</summary>
/// <param name="Error"><see cref="ErrorCode.None"/>, or why the member was refused.</param>
/// <param name="MemberId">The member's id, required by its next requests. Also set with
/// <see cref="ErrorCode.MemberIdRequired"/>.</param>
/// <param name="GenerationId">The group's generation; -1 on error.</param>
/// <param name="Message">What is wrong and what to do, on error.</param>
public sealed record JoinGroupResult(ErrorCode Error, string MemberId, int GenerationId, string? Message = null)
{
    /// <summary>Gets what the members use the group for; null on error.</summary>
    public string? ProtocolType { get; init; }

    /// <summary>Gets the protocol of the generation; null on error.</summary>
    public string? ProtocolName { get; init; }

    /// <summary>Gets the id of the member that computes the assignment; empty on error.</summary>
    public string Leader { get; init; } = "";

    /// <summary>
    /// Gets whether the leader must not assign: a static member has returned, and the
    /// generation continues.
    /// </summary>
    public bool SkipAssignment { get; init; }

    /// <summary>Gets all members, for the leader; empty for the others.</summary>
    public IReadOnlyList<JoinedMember> Members { get; init; } = [];
}

/// <summary>A member of a generation, as its leader gets it.</summary>
/// <param name="MemberId">The id.</param>
/// <param name="GroupInstanceId">The id of a static member; null for a dynamic one.</param>
/// <param name="Metadata">What it sent with the chosen protocol.</param>
public readonly record struct JoinedMember(string MemberId, string? GroupInstanceId, ReadOnlyMemory<byte> Metadata);
