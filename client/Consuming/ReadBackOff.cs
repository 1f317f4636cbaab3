namespace Zurau.Consuming;

/// <summary>
/// The pause before a partition that could not be read is tried again: 100 ms, doubled with each failure up to 1 s. Not thread-safe.
/// </summary>
internal sealed class ReadBackOff
{
    // As Kafka's retry.backoff.ms and retry.backoff.max.ms.
    private static readonly TimeSpan s_first = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(1);

    private TimeSpan _duration;
    private long _failedAt;

    /// <summary>Whether the partition is not tried now.</summary>
    internal bool IsWaiting { get; private set; }

    /// <summary>Notes a failure: begins a pause, twice as long as the last one.</summary>
    internal void Fail(TimeProvider time)
    {
        TimeSpan next = _duration * 2;
        _duration = next < s_first ? s_first : next < s_longest ? next : s_longest;
        _failedAt = time.GetTimestamp();
        IsWaiting = true;
    }

    /// <summary>Returns the rest of the pause; zero once it has passed.</summary>
    internal TimeSpan Left(TimeProvider time)
    {
        TimeSpan left = _duration - time.GetElapsedTime(_failedAt);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    /// <summary>Ends the pause; the next failure doubles it nevertheless.</summary>
    internal void TryAgain() => IsWaiting = false;

    /// <summary>Notes that an attempt succeeded.</summary>
    internal void Reset()
    {
        _duration = TimeSpan.Zero;
        IsWaiting = false;
    }
}
