using System.Globalization;

namespace Zurau.Harness.Bench.Results;

/// <summary>Formats numbers with about three significant digits.</summary>
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
        >= 0.001 => Digits(value, "0.####"),
        _ => Digits(Math.Round(value, Math.Min(15, 1 - (int)Math.Floor(Math.Log10(Math.Abs(value))))), "0.###############"),
    };

    /// <summary>
    /// Formats a round number, such as that of a chart's grid line, without trailing
    /// decimals.
    /// </summary>
    internal static string Round(double value) => Math.Abs(value) switch
    {
        >= 1_000_000 => Digits(value / 1e6, "0.##") + " M",
        >= 10_000 => Digits(value / 1e3, "0.##") + " k",
        _ => Digits(value, "0.####"),
    };

    /// <summary>Formats a ratio; a very small one as a fraction.</summary>
    internal static string Ratio(double value) => (value is > 0 and < 0.005 ? "1/" + Digits(1 / value, "#,0") : Digits(value, "0.00")) + " ×";

    internal static string Percent(double value) => Digits(value * 100, "0") + " %";

    private static string Digits(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
