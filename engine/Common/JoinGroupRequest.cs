namespace Zurau.Engine.Common;

/// <summary>Requests membership in a group, or in its next generation.</summary>
public sealed record JoinGroupRequest
{
    /// <summary>Gets the group's id.</summary>
    public required string GroupId { get; init; }

    /// <summary>
    /// Gets the member's id: empty for a new member, else the one that an earlier answer
    /// contained.
    /// </summary>
    public string MemberId { get; init; } = "";

    /// <summary>Gets the id of a static member; null for a dynamic one.</summary>
    public string? GroupInstanceId { get; init; }

    /// <summary>Gets the client's name, which begins the id of a new dynamic member.</summary>
    public string ClientId { get; init; } = "";

    /// <summary>Gets the client's address.</summary>
    public string ClientHost { get; init; } = "";

    /// <summary>
    /// Gets how long the member may be silent, in milliseconds (<c>session.timeout.ms</c>).
    /// </summary>
    public int SessionTimeoutMs { get; init; } = 45_000;

    /// <summary>
    /// Gets how long a rebalance waits for the member, in milliseconds
    /// (<c>max.poll.interval.ms</c>).
    /// </summary>
    public int RebalanceTimeoutMs { get; init; } = 300_000;

    /// <summary>Gets what the members use the group for.</summary>
    public string ProtocolType { get; init; } = "consumer";

    /// <summary>Gets the protocols that the member supports, the preferred one first.</summary>
    public required IReadOnlyList<GroupProtocol> Protocols { get; init; }

    /// <summary>
    /// Gets whether a new dynamic member first gets its id, with
    /// <see cref="ErrorCode.MemberIdRequired"/>, and repeats the request (versions 4 and
    /// later).
    /// </summary>
    public bool RequiresKnownMemberId { get; init; } = true;

    /// <summary>
    /// Gets whether a leader understands <see cref="JoinGroupResult.SkipAssignment"/>
    /// (versions 9 and later).
    /// </summary>
    public bool CanSkipAssignment { get; init; } = true;
}

/// <summary>A protocol that a member supports, such as an assignor.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Metadata">What the leader gets of this member. The engine copies it.</param>
public readonly record struct GroupProtocol(string Name, ReadOnlyMemory<byte> Metadata);
