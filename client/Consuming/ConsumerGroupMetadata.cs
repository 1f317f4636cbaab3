namespace Zurau;

/// <summary>
/// A consumer's place in its group at one moment: <see cref="Producer{TKey, TValue}.SendOffsetsToTransactionAsync"/> takes it, so that
/// offsets of a member that has lost its place are refused (KIP-447).
/// </summary>
/// <param name="GroupId">The group.</param>
/// <param name="GenerationId">The group's generation; -1 without membership.</param>
/// <param name="MemberId">The member; empty without membership.</param>
public sealed record ConsumerGroupMetadata(string GroupId, int GenerationId = -1, string MemberId = "");
