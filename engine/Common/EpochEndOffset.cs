namespace Zurau.Engine.Common;

/// <summary>Tells where the records of a leader epoch end (KIP-320): a reader that is past this offset has read records that a crash has taken.</summary>
/// <param name="Error"><see cref="ErrorCode.None"/>, or why there is no answer.</param>
/// <param name="LeaderEpoch">The epoch asked for, or the largest one before it that the log has; -1 if it has none.</param>
/// <param name="EndOffset">The exclusive end offset of that epoch; -1 if it has none.</param>
public readonly record struct EpochEndOffset(ErrorCode Error, int LeaderEpoch, long EndOffset);
