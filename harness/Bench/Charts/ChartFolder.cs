using System.Text.RegularExpressions;
using Zurau.Harness.Bench.Results;

namespace Zurau.Harness.Bench.Charts;

/// <summary>Writes the charts of a run to its result folder.</summary>
internal static partial class ChartFolder
{
    /// <summary>
    /// Writes every chart for which the rows have points, and the chart of the peers.
    /// Returns titles and file names.
    /// </summary>
    internal static IReadOnlyList<(string Title, string File)> Write(string folder, IReadOnlyList<Row> rows)
    {
        var charts = new List<(string Title, string File)>();
        foreach (IGrouping<string, ChartPoint> chart in rows.SelectMany(ChartPoint.Of).GroupBy(static point => point.Chart))
        {
            Add(chart.Key, LineChart.Draw(chart.Key, [.. chart]));
        }

        if (rows.Any(static row => row.Peers.Count > 0))
        {
            Add("Peers", PeerChart.Draw(rows));
        }

        return charts;

        void Add(string title, string svg)
        {
            string file = NotInNames().Replace(title.ToLowerInvariant(), "-").Trim('-') + ".svg";
            File.WriteAllText(Path.Combine(folder, file), svg);
            charts.Add((title, file));
        }
    }

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex NotInNames();
}
