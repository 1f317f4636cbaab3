namespace Zurau.Engine.Common;

/// <summary>An offset that was looked up by time.</summary>
/// <param name="Error"><see cref="ErrorCode.None"/>, or why there is no answer.</param>
/// <param name="Offset">The offset; -1 where no record is that late.</param>
/// <param name="Timestamp">The record's timestamp in milliseconds; -1 for the start and the end of a log.</param>
/// <param name="LeaderEpoch">The leader epoch of the record's batch, or of the first record or the end; -1 when not known.</param>
public readonly record struct ListedOffset(ErrorCode Error, long Offset, long Timestamp, int LeaderEpoch)
{
    /// <summary>Asks for the end: the offset of the next record, or the last stable one for <see cref="IsolationLevel.ReadCommitted"/>.</summary>
    public const long Latest = -1;

    /// <summary>Asks for the first readable offset.</summary>
    public const long Earliest = -2;

    /// <summary>Asks for the first record with the largest timestamp.</summary>
    public const long MaxTimestamp = -3;

    /// <summary>Asks for the first offset that is on the local disk (KIP-405): the first readable one, as there is no tiered storage.</summary>
    public const long EarliestLocal = -4;

    /// <summary>Asks for the last offset in tiered storage (KIP-1005): -1, as there is none.</summary>
    public const long LatestTiered = -5;
}
