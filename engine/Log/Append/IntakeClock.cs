namespace Zurau.Engine.Log;

/// <summary>
/// Says whether timestamps are within a topic's limits without reading the clock for every batch: time has not gone back, so what is not
/// too new for an earlier look is not too new now. Thread-safe.
/// </summary>
internal sealed class IntakeClock(TimeProvider time)
{
    private long _seenMs; // Any earlier time will do, so writers may overwrite each other.

    /// <summary>Whether a timestamp is further ahead of the clock than it may be.</summary>
    internal bool IsTooNew(long timestampMs, long limitMs) =>
        timestampMs - Volatile.Read(ref _seenMs) > limitMs && timestampMs - Read() > limitMs;

    /// <summary>Whether a timestamp is further behind the clock than it may be.</summary>
    internal bool IsTooOld(long timestampMs, long limitMs) => limitMs != long.MaxValue && Read() - timestampMs > limitMs;

    private long Read()
    {
        long nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        Volatile.Write(ref _seenMs, nowMs);
        return nowMs;
    }
}
