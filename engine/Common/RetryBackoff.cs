namespace Zurau.Engine.Common;

/// <summary>How long to wait before the next attempt: twice as long after each failure, from 100 ms up to 5 s. Not thread-safe.</summary>
internal sealed class RetryBackoff
{
    internal const int FirstMs = 100;
    internal const int LongestMs = 5000;
    private int _failures;

    /// <summary>When the next attempt may begin, on the clock of <see cref="Failed"/>.</summary>
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
