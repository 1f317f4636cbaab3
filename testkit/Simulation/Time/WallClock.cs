namespace Zurau.Testing.Simulation;

/// <summary>
/// Specifies the errors of the wall clock of a simulated machine; none by default. The
/// deviation is a pure function of the seed and of monotonic time.
/// </summary>
public sealed record WallClock
{
    /// <summary>
    /// Gets the drift in microseconds per second; a negative value makes the clock slow.
    /// </summary>
    public int DriftPartsPerMillion { get; init; }

    /// <summary>Gets the amplitude of a periodic deviation; zero for none.</summary>
    public TimeSpan SwingAmplitude { get; init; }

    /// <summary>Gets the period of the periodic deviation; one hour by default.</summary>
    public TimeSpan SwingPeriod { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// Gets the largest random deviation in both directions. It changes every
    /// millisecond.
    /// </summary>
    public TimeSpan Noise { get; init; }

    /// <summary>Returns the deviation at a monotonic time.</summary>
    internal long OffsetTicks(long monotonicTicks, ulong seed)
    {
        long drift = (long)((Int128)monotonicTicks * DriftPartsPerMillion / 1_000_000);
        long noise = Noise.Ticks == 0 ? 0 : new SimRandom(SimRandom.Mix(seed ^ (ulong)(monotonicTicks / TimeSpan.TicksPerMillisecond))).Next(-Noise.Ticks, Noise.Ticks + 1);
        return drift + Swing(monotonicTicks) + noise;
    }

    /// <summary>
    /// Returns a triangle wave: 0, up, 0, down, 0. The results of a sine differ between
    /// machines.
    /// </summary>
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
