namespace Zurau.Harness.Bench;

/// <summary>Order statistics. Pure.</summary>
internal static class Percentiles
{
    /// <summary>The value in the middle; between two, their mean.</summary>
    internal static double Median(IReadOnlyCollection<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// <summary>The smallest value that is not below <paramref name="share"/> (0 to 1) of all values.</summary>
    internal static double Of(double[] values, double share)
    {
        double[] sorted = [.. values.Order()];
        return sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];
    }

    /// <summary>Makes a measurement of latencies: their median and their 99th percentile.</summary>
    internal static Measurement Latency(double[] values) => new(Of(values, 0.5), Of(values, 0.99));

    /// <summary>Makes a measurement of latencies: their mean and their 99th percentile.</summary>
    internal static Measurement MeanLatency(double[] values) => new(values.Average(), Of(values, 0.99));
}
