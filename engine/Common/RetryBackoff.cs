namespace Zurau.Engine.Common;

/// <summary>
/// Computes the pause before the next attempt: doubled after each failure, from 100 ms
/// to 5 s. Not thread-safe.
/// </summary>
internal sealed class RetryBackoff
{
    internal const int FirstMs = 100;
    internal const int LongestMs = 5000;
    private int _failures;

    /// <summary>The time of the next attempt, on the clock of <see cref="Failed"/>.</summary>
    internal long RetryAtMs { get; private set; } = long.MinValue;

    internal bool IsFailing => _failures > 0;

    internal void Failed(long nowMs)
    {
        RetryAtMs = nowMs + Math.Min(LongestMs, (long)FirstMs << Math.Min(_failures, 10));
        _failures++;
    }

    internal void Worked()
    {
        _failures = 0;
        RetryAtMs = long.MinValue;
    }
}
