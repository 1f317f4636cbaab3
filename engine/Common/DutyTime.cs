namespace Zurau.Engine.Common;

/// <summary>Computes times of a duty's pump. Pure.</summary>
internal static class DutyTime
{
    /// <summary>The time after a pause; never comes if the pause is as long as a number can say.</summary>
    internal static long After(long nowMs, long pauseMs) => pauseMs > long.MaxValue - nowMs ? long.MaxValue : nowMs + pauseMs;
}
