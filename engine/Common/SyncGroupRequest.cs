namespace Zurau.Engine.Common;

/// <summary>
/// Requests a member's assignment; the leader's request contains those of all members.
/// </summary>
public sealed record SyncGroupRequest
{
    /// <summary>Gets the group's id.</summary>
    public required string GroupId { get; init; }

    /// <summary>Gets the generation that the member has joined.</summary>
    public required int GenerationId { get; init; }

    /// <summary>Gets the member's id.</summary>
    public required string MemberId { get; init; }

    /// <summary>Gets the id of a static member; null for a dynamic one.</summary>
    public string? GroupInstanceId { get; init; }

    /// <summary>Gets the expected protocol type; null is not checked.</summary>
    public string? ProtocolType { get; init; }

    /// <summary>Gets the expected protocol; null is not checked.</summary>
    public string? ProtocolName { get; init; }

    /// <summary>
    /// Gets the assignments of all members, from the leader; others send none. A member
    /// without one is assigned nothing.
    /// </summary>
    public IReadOnlyList<MemberAssignment> Assignments { get; init; } = [];
}

/// <summary>What the leader assigns to a member.</summary>
/// <param name="MemberId">The member.</param>
/// <param name="Assignment">Its assignment, opaque to the engine. The engine copies it.</param>
public readonly record struct MemberAssignment(string MemberId, ReadOnlyMemory<byte> Assignment);
