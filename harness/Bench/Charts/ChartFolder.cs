using System.Text.RegularExpressions;
using Zurau.Harness.Bench.Results;

namespace Zurau.Harness.Bench.Charts;

/// <summary>Writes a run's charts beside its results.</summary>
internal static partial class ChartFolder
{
    /// <summary>Writes each chart that the rows have points for, and the one of the peers; returns titles and file names.</summary>
    internal static IReadOnlyList<(string Title, string File)> Write(string folder, IReadOnlyList<Row> rows)
    {
        var charts = new List<(string Title, string File)>();
        foreach (IGrouping<string, (PlotPoint Point, Row Row)> chart in rows.SelectMany(static row => row.Plots.Select(point => (Point: point, Row: row))).GroupBy(static one => one.Point.Chart))
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
