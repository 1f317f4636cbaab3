namespace Zurau.Engine;

/// <summary>The result of joining a group.</summary>
/// <param name="Error"><see cref="ErrorCode.None"/>, or why the member was refused.</param>
/// <param name="MemberId">The member's id, required for commits.</param>
/// <param name="GenerationId">The group's generation, required for commits.</param>
/// <param name="Message">What is wrong and what to do, on error.</param>
public readonly record struct JoinGroupResult(ErrorCode Error, string MemberId, int GenerationId, string? Message = null);
