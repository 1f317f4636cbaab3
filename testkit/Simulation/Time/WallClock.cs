namespace Zurau.Testing.Simulation;

/// <summary>
/// How the wall clock of a simulated machine goes wrong: what it shows is a pure function of the seed and of monotonic time, so it does not
/// matter how often anybody looks. The default shows the right time.
/// </summary>
public sealed record WallClock
{
    /// <summary>Gains this many microseconds each second; negative loses.</summary>
    public int DriftPartsPerMillion { get; init; }

    /// <summary>Swings to and fro by this much.</summary>
    public TimeSpan SwingAmplitude { get; init; }

    /// <summary>How long a swing takes.</summary>
    public TimeSpan SwingPeriod { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Jumps about by up to this much in both directions, anew each millisecond.</summary>
    public TimeSpan Noise { get; init; }

    /// <summary>How far it is off after a time.</summary>
    internal long OffsetTicks(long monotonicTicks, ulong seed)
    {
        long drift = (long)((Int128)monotonicTicks * DriftPartsPerMillion / 1_000_000);
        long noise = Noise.Ticks == 0 ? 0 : new SimRandom(SimRandom.Mix(seed ^ (ulong)(monotonicTicks / TimeSpan.TicksPerMillisecond))).Next(-Noise.Ticks, Noise.Ticks + 1);
        return drift + Swing(monotonicTicks) + noise;
    }

    /// <summary>A triangle: 0, up, 0, down, 0. Sines differ from machine to machine.</summary>
    private long Swing(long monotonicTicks)
    {
        long quarter = SwingPeriod.Ticks / 4;
        if (SwingAmplitude.Ticks == 0 || quarter <= 0)
        {
            return 0;
        }

        long phase = monotonicTicks % (4 * quarter);
        long height = phase < quarter ? phase : phase < 3 * quarter ? (2 * quarter) - phase : phase - (4 * quarter);
        return (long)((Int128)SwingAmplitude.Ticks * height / quarter);
    }
}
