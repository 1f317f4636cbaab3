namespace Zurau.Engine.Common;

/// <summary>Moves words that several threads only increase. Thread-safe.</summary>
internal static class Monotonic
{
    /// <summary>Raises a word to a value unless it is larger already; returns the larger one.</summary>
    internal static long Raise(ref long word, long value)
    {
        long current = Volatile.Read(ref word);
        while (current < value)
        {
            long seen = Interlocked.CompareExchange(ref word, value, current);
            current = seen == current ? value : seen;
        }

        return current;
    }

    /// <inheritdoc cref="Raise(ref long, long)"/>
    internal static int Raise(ref int word, int value)
    {
        int current = Volatile.Read(ref word);
        while (current < value)
        {
            int seen = Interlocked.CompareExchange(ref word, value, current);
            current = seen == current ? value : seen;
        }

        return current;
    }
}
