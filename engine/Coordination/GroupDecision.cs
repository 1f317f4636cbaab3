using Zurau.Engine.Common;

namespace Zurau.Engine.Coordination;

/// <summary>Whether the next state of a group must be in the log.</summary>
internal enum GroupWrite
{
    /// <summary>The log's record stays valid, or the state is not recorded.</summary>
    None,

    /// <summary>
    /// The group became empty. If the record cannot be written, a startup restores the
    /// former members, whose sessions then expire once more.
    /// </summary>
    Optional,

    /// <summary>
    /// Members rely on the state: it takes effect, and is answered, only if its record is
    /// durable. Otherwise a power failure could assign the same generation twice.
    /// </summary>
    Required,
}

/// <summary>The answer to a request that was parked; one of both is set.</summary>
/// <param name="MemberId">The member that sent it.</param>
/// <param name="Join">The answer to a join.</param>
/// <param name="Sync">The answer to a sync.</param>
internal readonly record struct GroupAnswer(string MemberId, JoinGroupResult? Join, SyncGroupResult? Sync);

/// <summary>
/// The result of a request or of a deadline: the next state of the group, and the
/// answers that are sent once it is in effect.
/// </summary>
/// <param name="Error">The answer to a heartbeat, a leave or a deletion.</param>
/// <param name="Next">The next state; null if the group has none.</param>
internal sealed record GroupDecision(ErrorCode Error, GroupMetadata? Next)
{
    internal GroupWrite Write { get; init; }

    /// <summary>The answer to a join; null if it is parked.</summary>
    internal JoinGroupResult? Join { get; init; }

    /// <summary>The answer to a sync; null if it is parked.</summary>
    internal SyncGroupResult? Sync { get; init; }

    /// <summary>The member whose request is parked; null if the request is answered.</summary>
    internal string? ParkedId { get; init; }

    /// <summary>
    /// The answers to parked requests, also to the request itself if it was just parked.
    /// </summary>
    internal IReadOnlyList<GroupAnswer> Answers { get; init; } = [];

    /// <summary>The results of members that leave, in the order of the request.</summary>
    internal IReadOnlyList<LeaveGroupResult> Left { get; init; } = [];

    internal static GroupDecision RefuseJoin(GroupMetadata? current, ErrorCode error, string message, string memberId = "") =>
        new(error, current) { Join = new JoinGroupResult(error, memberId, -1, message) };

    internal static GroupDecision RefuseSync(GroupMetadata? current, ErrorCode error) => new(error, current) { Sync = SyncGroupResult.Refused(error) };
}
