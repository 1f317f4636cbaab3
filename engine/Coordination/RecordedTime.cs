using Zurau.Engine.Common;

namespace Zurau.Engine.Coordination;

/// <summary>
/// The time of a record, from which its age is computed. The monotonic clock measures
/// the age of what was recorded in this process, so that jumps of the wall clock do not
/// change it.
/// </summary>
/// <param name="WallMs">Milliseconds since 1970.</param>
/// <param name="MonotonicMs">Milliseconds of the pump's clock; null if an earlier process
/// recorded it.</param>
/// <param name="ExpiresMs">When it expires, in milliseconds since 1970, if the record
/// itself contains that.</param>
internal readonly record struct RecordedTime(long WallMs, long? MonotonicMs = null, long? ExpiresMs = null)
{
    /// <summary>Returns whether the retention time, or the record's own time, has passed.</summary>
    internal bool IsExpired(long retentionMs, long nowMs, ExpiryTime wall)
    {
        if (ExpiresMs is { } expiresMs)
        {
            return wall.EarliestMs >= expiresMs;
        }

        long ageMs = MonotonicMs is { } recordedMs ? nowMs - recordedMs : wall.EarliestMs - WallMs;
        return ageMs >= retentionMs;
    }
}
