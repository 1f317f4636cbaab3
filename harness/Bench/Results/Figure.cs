using System.Globalization;

namespace Zurau.Harness.Bench.Results;

/// <summary>Writes numbers with about three digits that mean something.</summary>
internal static class Figure
{
    internal static string Of(double value) => Math.Abs(value) switch
    {
        0 => "0",
        >= 10_000_000 => Digits(value / 1e6, "0.0") + " M",
        >= 1_000_000 => Digits(value / 1e6, "0.00") + " M",
        >= 10_000 => Digits(value / 1e3, "0.0") + " k",
        >= 100 => Digits(value, "0"),
        >= 10 => Digits(value, "0.0"),
        >= 0.1 => Digits(value, "0.00"),
        _ => Digits(value, "0.####"),
    };

    internal static string Ratio(double value) => Digits(value, "0.00") + " ×";

    internal static string Percent(double value) => Digits(value * 100, "0") + " %";

    private static string Digits(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
