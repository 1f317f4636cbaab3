namespace Zurau.Engine.Common;

/// <summary>
/// Bounds the current time; both values are the wall clock's unless it has recently
/// jumped.
/// </summary>
/// <param name="EarliestMs">Milliseconds since 1970; data that is expired at this time
/// may be deleted.</param>
/// <param name="LatestMs">Milliseconds since 1970; a past event with a later time was
/// recorded with a wrong clock.</param>
internal readonly record struct ExpiryTime(long EarliestMs, long LatestMs)
{
    /// <summary>
    /// True if the wall clock has jumped by more than normal clock adjustments.
    /// </summary>
    internal bool HasJumped => LatestMs - EarliestMs > 60_000;

    /// <summary>Creates an exact time.</summary>
    internal static ExpiryTime Exactly(long nowMs) => new(nowMs, nowMs);
}
