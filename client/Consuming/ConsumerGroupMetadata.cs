namespace Zurau;

/// <summary>
/// A snapshot of a consumer's group membership for
/// <see cref="Producer{TKey, TValue}.SendOffsetsToTransactionAsync"/>: offsets of a
/// member that is no longer in the group are refused (KIP-447).
/// </summary>
/// <param name="GroupId">The group.</param>
/// <param name="GenerationId">The group's generation; -1 without membership.</param>
/// <param name="MemberId">The member; empty without membership.</param>
public sealed record ConsumerGroupMetadata(string GroupId, int GenerationId = -1, string MemberId = "");
