namespace Zurau.Testing.Simulation;

/// <summary>
/// Generates random numbers from a seed (SplitMix64). The same seed gives the same
/// numbers on every machine and in every version. Not thread-safe: create one generator
/// per component with <see cref="Fork"/>.
/// </summary>
public sealed class SimRandom
{
    private const double UnitOf53Bits = 1.0 / (1UL << 53);
    private ulong _state;

    /// <summary>Creates a generator with a seed.</summary>
    public SimRandom(ulong seed)
    {
        Seed = seed;
        _state = seed;
    }

    /// <summary>Gets the seed that was passed to the constructor.</summary>
    public ulong Seed { get; }

    /// <summary>Returns the next 64 random bits.</summary>
    public ulong NextBits()
    {
        _state += 0x9E3779B97F4A7C15;
        return Mix(_state);
    }

    /// <summary>Returns a number from 0 to <paramref name="n"/> - 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="n"/> is not
    /// positive.</exception>
    public int Next(int n)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(n);
        return (int)Math.BigMul(NextBits(), (ulong)n, out _);
    }

    /// <summary>
    /// Returns a number from <paramref name="from"/> to <paramref name="to"/> - 1.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="from"/> is not less
    /// than <paramref name="to"/>.</exception>
    public long Next(long from, long to)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(from, to);
        return from + (long)Math.BigMul(NextBits(), (ulong)(to - from), out _);
    }

    /// <summary>Returns a number that is at least 0 and less than 1.</summary>
    public double NextDouble() => (NextBits() >> 11) * UnitOf53Bits;

    /// <summary>
    /// Returns true with a probability; 0.5 by default. Always draws one number, so that
    /// a changed probability does not change later numbers.
    /// </summary>
    public bool NextBool(double probability = 0.5) => NextDouble() < probability;

    /// <summary>Fills a buffer with random bytes.</summary>
    public void Fill(Span<byte> bytes)
    {
        foreach (ref byte value in bytes)
        {
            value = (byte)NextBits();
        }
    }

    /// <summary>
    /// Creates a generator that is seeded with the next 64 bits of this one. Later
    /// numbers of the two are independent.
    /// </summary>
    public SimRandom Fork() => new(NextBits());

    /// <summary>Mixes 64 bits; a pure function.</summary>
    internal static ulong Mix(ulong bits)
    {
        bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
        bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
        return bits ^ (bits >> 31);
    }
}
