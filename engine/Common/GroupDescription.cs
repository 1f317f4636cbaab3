namespace Zurau;

/// <summary>A group and its members.</summary>
/// <param name="GroupId">The id.</param>
/// <param name="State">Its state; <see cref="GroupState.Dead"/> if it does not exist.</param>
/// <param name="ProtocolType">What its members use it for, such as <c>consumer</c>;
/// empty for a group that only stores offsets.</param>
/// <param name="Protocol">The protocol of the current generation, such as
/// <c>range</c>; empty unless the group is stable.</param>
/// <param name="GenerationId">The current generation; 0 before the first one.</param>
/// <param name="Members">The members, in ordinal order of their ids.</param>
public sealed record GroupDescription(
    string GroupId,
    GroupState State,
    string ProtocolType,
    string Protocol,
    int GenerationId,
    IReadOnlyList<GroupMemberDescription> Members);

/// <summary>A member of a <see cref="GroupDescription"/>.</summary>
/// <param name="MemberId">The id.</param>
/// <param name="GroupInstanceId">The id of a static member; null for a dynamic one.</param>
/// <param name="ClientId">The client's name.</param>
/// <param name="ClientHost">The client's address.</param>
/// <param name="Metadata">What it sent with the group's protocol; empty unless the group
/// is stable.</param>
/// <param name="Assignment">What the leader assigned to it; empty unless the group is
/// stable.</param>
public sealed record GroupMemberDescription(
    string MemberId,
    string? GroupInstanceId,
    string ClientId,
    string ClientHost,
    ReadOnlyMemory<byte> Metadata,
    ReadOnlyMemory<byte> Assignment);
