using System.Globalization;
using System.Security;
using System.Text;

namespace Zurau.Harness.Bench.Charts;

/// <summary>Builds an SVG image. Not thread-safe.</summary>
internal sealed class Svg(int width, int height)
{
    /// <summary>
    /// Gets colours that are distinguishable with red-green colour blindness (Okabe and
    /// Ito).
    /// </summary>
    internal static readonly string[] Palette = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];

    private readonly StringBuilder _shapes = new();

    internal void Line(double x1, double y1, double x2, double y2, string colour, double thickness = 1) =>
        Add($"<line x1=\"{x1:0.#}\" y1=\"{y1:0.#}\" x2=\"{x2:0.#}\" y2=\"{y2:0.#}\" stroke=\"{colour}\" stroke-width=\"{thickness}\"/>");

    internal void Path(IEnumerable<(double X, double Y)> points, string colour) =>
        Add($"<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" points=\"{string.Join(' ', points.Select(static point => Invariant($"{point.X:0.#},{point.Y:0.#}")))}\"/>");

    internal void Dot(double x, double y, string colour, string tip) =>
        Add($"<circle cx=\"{x:0.#}\" cy=\"{y:0.#}\" r=\"3.5\" fill=\"{colour}\"><title>{SecurityElement.Escape(tip)}</title></circle>");

    internal void Bar(double x, double y, double barWidth, double barHeight, string colour, string tip) =>
        Add($"<rect x=\"{x:0.#}\" y=\"{y:0.#}\" width=\"{Math.Max(barWidth, 1):0.#}\" height=\"{barHeight:0.#}\" fill=\"{colour}\"><title>{SecurityElement.Escape(tip)}</title></rect>");

    /// <summary>
    /// Adds text whose anchor is <c>start</c>, <c>middle</c> or <c>end</c>.
    /// </summary>
    internal void Text(double x, double y, string text, string anchor = "start", int size = 12, string colour = "#333") =>
        Add($"<text x=\"{x:0.#}\" y=\"{y:0.#}\" text-anchor=\"{anchor}\" font-size=\"{size}\" fill=\"{colour}\">{SecurityElement.Escape(text)}</text>");

    public override string ToString() =>
        $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" font-family=\"system-ui, sans-serif\">\n"
        + $"<rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n{_shapes}</svg>\n";

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private void Add(FormattableString shape) => _shapes.Append(Invariant(shape)).Append('\n');
}
