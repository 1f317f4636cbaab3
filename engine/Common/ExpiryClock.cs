namespace Zurau.Engine.Common;

/// <summary>
/// Reads the wall clock for a duty that deletes what has expired, so that one wrong reading deletes nothing: a jump counts once the clock has
/// shown it for a whole confirmation period, which is the pause between two checks. Until then time passes as the monotonic clock measures it.
/// Each duty has its own; not thread-safe.
/// </summary>
/// <remarks>
/// The wall clock minus the monotonic clock changes only when the wall clock is set, is wrong, or the machine was suspended. The smallest and the
/// largest difference of the current period and the one before it bound the time.
/// </remarks>
internal sealed class ExpiryClock
{
    private readonly TimeProvider _time;
    private readonly long _confirmationMs;
    private long _periodStartMs;
    private (long Min, long Max) _period; // Differences since the period began.
    private (long Min, long Max) _confirmed; // Differences of the period before it.

    /// <summary>Takes the first reading.</summary>
    /// <param name="time">The wall clock.</param>
    /// <param name="confirmationMs">How long a jump must last to count: the pause between two checks.</param>
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

    /// <summary>Reads the clock; once per check, or more often.</summary>
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
