namespace Zurau.Testing.Simulation;

/// <summary>
/// A small seeded generator (SplitMix64): the same seed gives the same numbers on every machine and with every later version. Not
/// thread-safe: give each part its own by <see cref="Fork"/>.
/// </summary>
public sealed class SimRandom
{
    private const double UnitOf53Bits = 1.0 / (1UL << 53);
    private ulong _state;

    /// <summary>Begins at a seed.</summary>
    public SimRandom(ulong seed)
    {
        Seed = seed;
        _state = seed;
    }

    /// <summary>What it began with.</summary>
    public ulong Seed { get; }

    /// <summary>The next 64 bits.</summary>
    public ulong NextBits()
    {
        _state += 0x9E3779B97F4A7C15;
        return Mix(_state);
    }

    /// <summary>A number from 0 to <paramref name="n"/> - 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="n"/> is not positive.</exception>
    public int Next(int n)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(n);
        return (int)Math.BigMul(NextBits(), (ulong)n, out _);
    }

    /// <summary>A number from <paramref name="from"/> to <paramref name="to"/> - 1.</summary>
    public long Next(long from, long to)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(from, to);
        return from + (long)Math.BigMul(NextBits(), (ulong)(to - from), out _);
    }

    /// <summary>A number from 0 to below 1.</summary>
    public double NextDouble() => (NextBits() >> 11) * UnitOf53Bits;

    /// <summary>True with a probability; takes a number also where it is 0 or 1, so that a changed rate leaves the numbers behind it alone.</summary>
    public bool NextBool(double probability = 0.5) => NextDouble() < probability;

    /// <summary>Fills a buffer.</summary>
    public void Fill(Span<byte> bytes)
    {
        foreach (ref byte value in bytes)
        {
            value = (byte)NextBits();
        }
    }

    /// <summary>A new generator whose numbers have nothing to do with the ones that follow here.</summary>
    public SimRandom Fork() => new(NextBits());

    /// <summary>Spreads 64 bits: the same input gives the same output.</summary>
    internal static ulong Mix(ulong bits)
    {
        bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
        bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
        return bits ^ (bits >> 31);
    }
}
