namespace Zurau.Engine;

/// <summary>The answer to joining a group.</summary>
/// <param name="Error"><see cref="ErrorCode.None"/>, or why the member was not taken.</param>
/// <param name="MemberId">The member's id, to be given with commits.</param>
/// <param name="GenerationId">The group's generation, to be given with commits.</param>
/// <param name="Message">What is wrong and what to do, on error.</param>
public readonly record struct JoinGroupResult(ErrorCode Error, string MemberId, int GenerationId, string? Message = null);
