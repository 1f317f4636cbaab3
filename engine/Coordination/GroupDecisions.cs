using System.Text;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Decides requests for groups: functions of a group's state, with Kafka's rules and
/// codes. The caller holds the group's lock.
/// </summary>
internal static class GroupDecisions
{
    internal static bool IsGroupId(string groupId) => groupId.Length > 0 && Encoding.UTF8.GetByteCount(groupId) <= short.MaxValue;

    /// <summary>Returns whether a request is from a member, and not for a group without members.</summary>
    internal static bool IsOfMember(string memberId, int generationId) => memberId.Length > 0 || generationId >= 0;

    /// <summary>Returns whether a client may join.</summary>
    internal static ErrorCode Join(Group group) => group.MemberId is null ? ErrorCode.None : ErrorCode.GroupMaxSizeReached;

    /// <summary>Returns whether a member may leave.</summary>
    /// <param name="group">The group; null for an unknown id.</param>
    /// <param name="memberId">The member.</param>
    internal static ErrorCode Leave(Group? group, string memberId) => group?.MemberId == memberId ? ErrorCode.None : ErrorCode.UnknownMemberId;

    /// <summary>Returns whether offsets may be committed.</summary>
    /// <param name="group">The group; null for an unknown id.</param>
    /// <param name="memberId">The member; empty for a group without members.</param>
    /// <param name="generationId">Its generation; -1 for a group without members.</param>
    internal static ErrorCode Commit(Group? group, string memberId, int generationId)
    {
        bool isOfMember = IsOfMember(memberId, generationId);
        if (group is null)
        {
            // A refused request creates no group.
            return !isOfMember ? ErrorCode.None : generationId >= 0 ? ErrorCode.IllegalGeneration : ErrorCode.UnknownMemberId;
        }

        if (!isOfMember)
        {
            return group.MemberId is null ? ErrorCode.None : ErrorCode.UnknownMemberId;
        }

        return group.MemberId != memberId ? ErrorCode.UnknownMemberId
            : group.GenerationId != generationId ? ErrorCode.IllegalGeneration
            : ErrorCode.None;
    }
}
