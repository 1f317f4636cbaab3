namespace Zurau.Embedded.Producing;

/// <summary>The earliest of the times that several threads ask for; <see cref="long.MaxValue"/> before anyone asks. Thread-safe.</summary>
internal sealed class EarliestTime
{
    private long _ms = long.MaxValue;

    internal long Ms => Volatile.Read(ref _ms);

    /// <summary>Forgets all times; a full fence.</summary>
    internal void Reset() => Interlocked.Exchange(ref _ms, long.MaxValue);

    /// <summary>Asks for a time; true if it is the earliest now.</summary>
    internal bool TryLower(long ms)
    {
        long current = Ms;
        while (ms < current)
        {
            long seen = Interlocked.CompareExchange(ref _ms, ms, current);
            if (seen == current)
            {
                return true;
            }

            current = seen;
        }

        return false;
    }
}
