namespace Zurau.Engine.Log;

/// <summary>
/// What recovery does with a segment and with those after it. Only <see cref="LostTail"/> ends
/// the log before the last file.
/// </summary>
internal enum SegmentOutcome
{
    /// <summary>Every byte is a batch, and the next segment follows: nothing changes.</summary>
    Complete,

    /// <summary>
    /// The next segment begins at a later offset: the cleaner removed the records between.
    /// Nothing changes.
    /// </summary>
    GapAllowedByCleaning,

    /// <summary>Zeros follow: they are truncated and not reported.</summary>
    ZeroTail,

    /// <summary>
    /// Bytes follow that were never acknowledged as durable: they are truncated and reported.
    /// </summary>
    TornTail,

    /// <summary>
    /// The next segment does not follow, and was not flushed: the end of this one is lost.
    /// Later segments are deleted, and a tail is truncated.
    /// </summary>
    LostTail,

    /// <summary>
    /// Bytes that are not the expected batch follow in flushed data. The log is refused.
    /// </summary>
    CorruptBelowRecoveryPoint,

    /// <summary>
    /// The next segment does not follow, and was flushed: records are missing. The log is
    /// refused.
    /// </summary>
    MissingBelowRecoveryPoint,

    /// <summary>
    /// Messages of format 0 or 1 follow, which must not be truncated. The log is refused.
    /// </summary>
    OldFormat,
}
