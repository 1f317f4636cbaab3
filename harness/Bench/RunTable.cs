using Spectre.Console;
using Zurau.Harness.Bench.Results;

namespace Zurau.Harness.Bench;

/// <summary>Prints the figures of a run, their cost, and what was not measured.</summary>
internal static class RunTable
{
    internal static void Print(BenchResult result, string folder)
    {
        PrintRows(result.Rows);
        PrintCosts(result.Rows);
        foreach (Suite suite in BenchSuites.All)
        {
            Console.WriteLine($"--suite {suite.Name}: {suite.What}");
        }

        foreach (string line in result.NotRun.Concat(result.Failed))
        {
            Console.WriteLine(line);
        }

        // Not with AnsiConsole, which wraps lines and thereby breaks paths.
        Console.WriteLine($"Results: {Path.Combine(folder, "summary.md")}");
    }

    private static void PrintRows(IReadOnlyList<Row> rows)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("id", "unit").AddColumn("median", Right).AddColumn("min – max", Right).AddColumn("of the limit", Right).AddColumn("peers").AddColumn("targets");
        foreach (Row row in rows)
        {
            table.AddRow(
                Markup.Escape(row.Id),
                Markup.Escape(row.Unit),
                Figure.Of(row.Median),
                $"{Figure.Of(row.Min)} – {Figure.Of(row.Max)}",
                row.Limits.Count > 0 ? Figure.Percent(row.Limits[0].Share) : "",
                Markup.Escape(string.Join("\n", row.Peers.Select(static peer => $"{Figure.Ratio(peer.Ratio)} {peer.Name}"))),
                string.Join("\n", row.Targets.Select(static target => target.IsMet ? "[green]met[/]" : "[red]missed[/]")));
        }

        AnsiConsole.Write(table);
    }

    private static void PrintCosts(IReadOnlyList<Row> rows)
    {
        var table = new Table().Border(TableBorder.Rounded).Title("Resource usage per round").AddColumn("id").AddColumns(CostFigures.Names);
        foreach (Row row in rows.Where(static row => row.Cost is not null))
        {
            table.AddRow([Markup.Escape(row.Id), .. CostFigures.Of(row.Cost!)]);
        }

        AnsiConsole.Write(table);
    }

    private static void Right(TableColumn column) => column.RightAligned();
}
