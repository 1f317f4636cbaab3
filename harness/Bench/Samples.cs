namespace Zurau.Harness.Bench;

/// <summary>
/// The values of several runs of the same work, in the order of the rounds.
/// </summary>
internal sealed class Samples
{
    private readonly double[] _values;

    internal Samples(IEnumerable<double> values)
    {
        _values = [.. values];
        ArgumentOutOfRangeException.ThrowIfZero(_values.Length);
    }

    internal IReadOnlyList<double> Values => _values;

    internal double Median => Percentiles.Median(_values);

    internal double Min => _values.Min();

    internal double Max => _values.Max();

    /// <summary>
    /// Returns the median of the ratios per round. A slow round of the machine affects
    /// both values of a ratio.
    /// </summary>
    internal double RatioTo(Samples other) => Percentiles.Median([.. _values.Zip(other._values, static (mine, others) => mine / others)]);
}
