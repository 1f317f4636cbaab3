namespace Zurau.Engine.Common;

/// <summary>Computes times of a duty's pump. Pure.</summary>
internal static class DutyTime
{
    /// <summary>
    /// Adds a pause to a time; the result saturates at <see cref="long.MaxValue"/>.
    /// </summary>
    internal static long After(long nowMs, long pauseMs) => pauseMs > long.MaxValue - nowMs ? long.MaxValue : nowMs + pauseMs;
}
