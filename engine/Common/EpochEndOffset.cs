namespace Zurau.Engine.Common;

/// <summary>
/// Reports the end offset of a leader epoch (KIP-320): a reader above this offset has
/// read records that were lost in a crash.
/// </summary>
/// <param name="Error"><see cref="ErrorCode.None"/>, or why the request failed.</param>
/// <param name="LeaderEpoch">The requested epoch, or the largest one before it that the
/// log has; -1 if it has none.</param>
/// <param name="EndOffset">The exclusive end offset of that epoch; -1 if it has none.</param>
public readonly record struct EpochEndOffset(ErrorCode Error, int LeaderEpoch, long EndOffset);
