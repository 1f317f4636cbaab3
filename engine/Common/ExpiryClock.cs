namespace Zurau.Engine.Common;

/// <summary>
/// Reads the wall clock for a duty that deletes expired data, so that one wrong reading
/// deletes nothing: a clock jump takes effect only after it has lasted a whole
/// confirmation period, the pause between two checks. Until then the monotonic clock
/// measures the time. One instance per duty; not thread-safe.
/// </summary>
/// <remarks>
/// The difference of wall clock and monotonic clock changes only if the wall clock is
/// set, is wrong, or if the machine was suspended. The smallest and the largest
/// difference of the current and the previous period bound the time.
/// </remarks>
internal sealed class ExpiryClock
{
    private readonly TimeProvider _time;
    private readonly long _confirmationMs;
    private long _periodStartMs;
    private (long Min, long Max) _period; // Differences since the period began.
    private (long Min, long Max) _confirmed; // Differences of the period before it.

    /// <summary>Reads the clock for the first time.</summary>
    /// <param name="time">The wall clock.</param>
    /// <param name="confirmationMs">How long a jump must last to take effect: the pause
    /// between two checks.</param>
    /// <param name="nowMs">Monotonic milliseconds of the duty's pump.</param>
    internal ExpiryClock(TimeProvider time, long confirmationMs, long nowMs)
    {
        _time = time;
        _confirmationMs = confirmationMs;
        _periodStartMs = nowMs;
        long difference = WallMs - nowMs;
        _period = _confirmed = (difference, difference);
    }

    private long WallMs => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Reads the clock; must be called at least once per check.</summary>
    /// <param name="nowMs">Monotonic milliseconds of the duty's pump.</param>
    internal ExpiryTime Read(long nowMs)
    {
        long difference = WallMs - nowMs;
        _period = (Math.Min(_period.Min, difference), Math.Max(_period.Max, difference));
        if (nowMs - _periodStartMs >= _confirmationMs)
        {
            _confirmed = _period;
            _period = (difference, difference);
            _periodStartMs = nowMs;
        }

        return new ExpiryTime(nowMs + Math.Min(_confirmed.Min, _period.Min), nowMs + Math.Max(_confirmed.Max, _period.Max));
    }
}
