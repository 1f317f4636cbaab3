namespace Zurau.Engine.Common;

/// <summary>
/// Reports that a fetching reader has records that the log does not have; it must
/// truncate to <paramref name="EndOffset"/> (KIP-595).
/// </summary>
/// <param name="Epoch">The largest leader epoch of the log that is not newer than the
/// reader's last fetched epoch.</param>
/// <param name="EndOffset">The exclusive end offset of that epoch.</param>
public sealed record DivergingEpoch(int Epoch, long EndOffset);
