namespace Zurau.Harness.Bench;

/// <summary>Order statistics. Pure.</summary>
internal static class Percentiles
{
    /// <summary>
    /// Returns the median; for an even number of values, the mean of the two middle ones.
    /// </summary>
    internal static double Median(IReadOnlyCollection<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// <summary>
    /// Returns the smallest value that is not below <paramref name="share"/> (0 to 1) of
    /// all values.
    /// </summary>
    internal static double Of(double[] values, double share)
    {
        double[] sorted = [.. values.Order()];
        return sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];
    }

    /// <summary>
    /// Creates a measurement from latencies: their median and their 99th percentile.
    /// </summary>
    internal static Measurement Latency(double[] values) => new(Of(values, 0.5), Of(values, 0.99));

    /// <summary>
    /// Creates a measurement from latencies: their mean and their 99th percentile.
    /// </summary>
    internal static Measurement MeanLatency(double[] values) => new(values.Average(), Of(values, 0.99));
}
