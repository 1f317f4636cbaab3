using System.Diagnostics;

namespace Zurau.Harness.Bench.Work;

/// <summary>
/// Counts the records of a handler and stores the times of the first and the last one.
/// One listener writes, other threads read.
/// </summary>
internal sealed class HandledRecords(long expected, TimeSpan each = default) : IDisposable
{
    private readonly ManualResetEventSlim _isDone = new();
    private readonly long _ticksEach = (long)(each.TotalSeconds * Stopwatch.Frequency);
    private long _count;
    private long _first;
    private long _last;

    internal long Count => Volatile.Read(ref _count);

    /// <summary>Counts one record after the time that its handling takes.</summary>
    internal void Add(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        long now = 0;
        if (_ticksEach > 0)
        {
            long end = Stopwatch.GetTimestamp() + _ticksEach;
            while (Stopwatch.GetTimestamp() < end)
            {
                Thread.SpinWait(8);
            }
        }

        if (_count == 0)
        {
            _first = Stopwatch.GetTimestamp();
        }

        if (_count + 1 == expected)
        {
            now = Stopwatch.GetTimestamp();
            _last = now;
        }

        Volatile.Write(ref _count, _count + 1);
        if (now != 0)
        {
            _isDone.Set();
        }
    }

    /// <summary>
    /// Waits for the last record; returns the seconds between the first and the last.
    /// </summary>
    /// <exception cref="TimeoutException">It was not handled within five
    /// minutes.</exception>
    internal double WaitSeconds() => _isDone.Wait(TimeSpan.FromMinutes(5))
        ? Stopwatch.GetElapsedTime(_first, _last).TotalSeconds
        : throw new TimeoutException($"{Count} of {expected} records were handled within five minutes.");

    public void Dispose() => _isDone.Dispose();
}
