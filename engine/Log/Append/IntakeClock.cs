namespace Zurau.Engine.Log;

/// <summary>
/// Checks whether timestamps are within a topic's limits without reading the clock for every
/// batch: time does not move back, so a timestamp that was not too new at an earlier read is
/// not too new now. Thread-safe.
/// </summary>
internal sealed class IntakeClock(TimeProvider time)
{
    private long _seenMs; // Any earlier time is correct, so writers may overwrite each other.

    /// <summary>Whether a timestamp is further in the future than the limit allows.</summary>
    internal bool IsTooNew(long timestampMs, long limitMs) =>
        timestampMs - Volatile.Read(ref _seenMs) > limitMs && timestampMs - Read() > limitMs;

    /// <summary>Whether a timestamp is older than the limit allows.</summary>
    internal bool IsTooOld(long timestampMs, long limitMs) => limitMs != long.MaxValue && Read() - timestampMs > limitMs;

    private long Read()
    {
        long nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        Volatile.Write(ref _seenMs, nowMs);
        return nowMs;
    }
}
