namespace Zurau.Engine.Common;

/// <summary>What <see cref="ExpiryClock"/> knows of the time; both are the wall clock's unless it has jumped lately.</summary>
/// <param name="EarliestMs">Milliseconds since 1970; what is expired at this time may be deleted.</param>
/// <param name="LatestMs">Milliseconds since 1970; a past event with a later time was noted by a wrong clock.</param>
internal readonly record struct ExpiryTime(long EarliestMs, long LatestMs)
{
    /// <summary>Whether the wall clock has jumped, by more than clocks are adjusted in normal operation.</summary>
    internal bool HasJumped => LatestMs - EarliestMs > 60_000;

    /// <summary>A time that is known.</summary>
    internal static ExpiryTime Exactly(long nowMs) => new(nowMs, nowMs);
}
