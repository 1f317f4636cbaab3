using Zurau.Harness.Bench.Results;

namespace Zurau.Harness.Bench.Charts;

/// <summary>
/// Maps values to positions on an axis: linearly, or logarithmically if they span more
/// than a factor of 20. Immutable.
/// </summary>
internal sealed class AxisScale
{
    private const double LogarithmicFrom = 20;

    private readonly double _low;
    private readonly double _high;
    private readonly bool _isLogarithmic;

    /// <summary>
    /// Creates a scale for values of at least 0. A linear scale starts at 0. A
    /// logarithmic scale can be requested for any span.
    /// </summary>
    internal AxisScale(double min, double max, bool wantsLogarithm = false)
    {
        max = max > 0 ? max : 1;
        _isLogarithmic = min > 0 && (wantsLogarithm || max / min > LogarithmicFrom);
        _low = _isLogarithmic ? Math.Pow(10, Math.Floor(Math.Log10(min))) : 0;
        _high = _isLogarithmic ? max * 1.1 : max * 1.05;
    }

    internal bool IsLogarithmic => _isLogarithmic;

    /// <summary>Returns the position of a value on the axis, 0 to 1.</summary>
    internal double Share(double value) => _isLogarithmic
        ? (Math.Log10(Math.Max(value, _low)) - Math.Log10(_low)) / (Math.Log10(_high) - Math.Log10(_low))
        : (value - _low) / (_high - _low);

    /// <summary>Returns the values for grid lines.</summary>
    internal IEnumerable<double> Ticks()
    {
        if (_isLogarithmic)
        {
            for (double tick = _low; tick <= _high; tick *= 10)
            {
                yield return tick;
            }

            yield break;
        }

        double rough = _high / 5;
        double power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double step = power * (rough / power < 2 ? 1 : rough / power < 5 ? 2 : 5);
        for (int i = 0; i * step <= _high; i++)
        {
            yield return i * step;
        }
    }

    /// <summary>Formats a tick of an axis.</summary>
    internal static string Label(string axis, double tick) => axis == PlotPoint.Percentile
        ? "p" + (100 - (100 / tick)).ToString("0.###", System.Globalization.CultureInfo.InvariantCulture)
        : Figure.Round(tick);
}
