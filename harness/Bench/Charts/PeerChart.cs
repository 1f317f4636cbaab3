using Zurau.Harness.Bench.Results;

namespace Zurau.Harness.Bench.Charts;

/// <summary>
/// Draws the ratio of our figure to each peer as bars from a line at 1: to the right in
/// blue if ours is better, to the left in orange if the peer is better. Each grid line is
/// a factor of ten. Pure.
/// </summary>
internal static class PeerChart
{
    private const int Width = 980;
    private const int Top = 60;
    private const int RowHeight = 20;
    private const int Middle = 700;
    private const int Decade = 110;
    private const double Bound = 200; // Larger ratios are drawn as this one.

    /// <summary>Draws the rows that have peers; requires at least one.</summary>
    internal static string Draw(IReadOnlyList<Row> rows)
    {
        (Row Row, Peer Peer)[] bars = [.. rows.SelectMany(static row => row.Peers.Select(peer => (row, peer)))];
        int bottom = Top + (bars.Length * RowHeight);
        var svg = new Svg(Width, bottom + 30);
        svg.Text(20, 28, "Ours compared with peers, the same work in alternating rounds", size: 16);
        svg.Text(Middle - 10, Top - 10, "the peer is better", "end");
        svg.Text(Middle + 10, Top - 10, "ours is better");
        for (int i = -2; i <= 2; i++)
        {
            svg.Line(Middle + (i * Decade), Top, Middle + (i * Decade), bottom, i == 0 ? "#333" : "#ddd");
            svg.Text(Middle + (i * Decade), bottom + 18, $"{Math.Pow(10, Math.Abs(i)):0} ×", "middle");
        }

        for (int i = 0; i < bars.Length; i++)
        {
            (Row row, Peer peer) = bars[i];
            double better = Units.IsMoreBetter(row.Unit) ? peer.Ratio : 1 / peer.Ratio;
            double length = Math.Log10(Math.Clamp(better, 1 / Bound, Bound)) * Decade;
            double y = Top + (i * RowHeight);
            svg.Text(20, y + 14, $"{row.Id}  beside  {peer.Name}");
            string tip = $"{Figure.Of(row.Median)} {row.Unit} compared with {Figure.Of(peer.Median)}, {Figure.Ratio(peer.Ratio)}";
            svg.Bar(length > 0 ? Middle : Middle + length, y + 3, Math.Abs(length), RowHeight - 6, Svg.Palette[length > 0 ? 0 : 1], tip);
            string factor = Figure.Ratio(better >= 1 ? better : 1 / better);
            svg.Text(length > 0 ? Middle + length + 6 : Middle + length - 6, y + 14, factor, length > 0 ? "start" : "end");
        }

        return svg.ToString();
    }
}
