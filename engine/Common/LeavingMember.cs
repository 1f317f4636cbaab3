namespace Zurau.Engine.Common;

/// <summary>A member that leaves its group.</summary>
/// <param name="MemberId">Its id; empty to remove the static member with the given
/// instance id, whatever its member id is.</param>
/// <param name="GroupInstanceId">The id of a static member; null for a dynamic one.</param>
public readonly record struct LeavingMember(string MemberId, string? GroupInstanceId = null);

/// <summary>The result for one <see cref="LeavingMember"/>.</summary>
/// <param name="Member">The member.</param>
/// <param name="Error"><see cref="ErrorCode.None"/> if it is not a member any more.</param>
public readonly record struct LeaveGroupResult(LeavingMember Member, ErrorCode Error);
