namespace Zurau.Engine.Common;

/// <summary>The result of an offset lookup by timestamp.</summary>
/// <param name="Error"><see cref="ErrorCode.None"/>, or why the lookup failed.</param>
/// <param name="Offset">The offset; -1 if no record has this timestamp or a later
/// one.</param>
/// <param name="Timestamp">The record's timestamp in milliseconds; -1 for the start and
/// the end of a log.</param>
/// <param name="LeaderEpoch">The leader epoch of the record's batch, or of the log's
/// start or end; -1 if unknown.</param>
public readonly record struct ListedOffset(ErrorCode Error, long Offset, long Timestamp, int LeaderEpoch)
{
    /// <summary>
    /// Requests the end offset, or the last stable offset for
    /// <see cref="IsolationLevel.ReadCommitted"/>.
    /// </summary>
    public const long Latest = -1;

    /// <summary>Requests the first readable offset.</summary>
    public const long Earliest = -2;

    /// <summary>Requests the first record with the largest timestamp.</summary>
    public const long MaxTimestamp = -3;

    /// <summary>
    /// Requests the first offset on the local disk (KIP-405): the first readable one,
    /// because tiered storage is not supported.
    /// </summary>
    public const long EarliestLocal = -4;

    /// <summary>
    /// Requests the last offset in tiered storage (KIP-1005): -1, because tiered storage is
    /// not supported.
    /// </summary>
    public const long LatestTiered = -5;
}
