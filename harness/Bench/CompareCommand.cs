using System.CommandLine;
using Spectre.Console;
using Zurau.Harness.Bench.Results;

namespace Zurau.Harness.Bench;

/// <summary>
/// Implements <c>compare</c>: prints the changes between two runs that exceed noise.
/// </summary>
internal static class CompareCommand
{
    private const string MachineRows = "limit.";

    internal static Command Create()
    {
        var before = new Argument<string>("A") { Description = "The folder of the first run, such as perf-results/20260101-120000-abcdef0." };
        var after = new Argument<string>("B") { Description = "The folder of the second run." };
        var all = new Option<bool>("--all") { Description = "Also lists the rows whose change is within noise." };
        var command = new Command("compare", "Prints the changes from run A to run B that exceed noise.") { before, after, all };
        command.SetAction(result => Run(result.GetRequiredValue(before), result.GetRequiredValue(after), result.GetValue(all)));
        return command;
    }

    private static int Run(string first, string second, bool isAll)
    {
        BenchResult before;
        BenchResult after;
        try
        {
            before = ResultFolder.Read(first);
            after = ResultFolder.Read(second);
        }
        catch (InvalidDataException exception)
        {
            Console.Error.WriteLine(exception.Message);
            return 1;
        }

        IReadOnlyList<Comparison> rows = Comparison.Of(before, after);
        foreach ((string name, string value) in before.Header.Lines())
        {
            string now = after.Header.Lines().First(line => line.Name == name).Value;
            if (now != value)
            {
                Console.WriteLine($"{name}: {value} → {now}");
            }
        }

        IReadOnlyList<Comparison> shown = isAll ? rows : [.. rows.Where(static row => row.Change != Change.WithinNoise)];
        if (shown.Count > 0)
        {
            Print(shown);
        }

        int Count(Change change) => rows.Count(row => row.Change == change);
        Console.WriteLine($"{Count(Change.Better)} better, {Count(Change.Worse)} worse, {Count(Change.WithinNoise)} within noise, {Count(Change.Added)} only in B, {Count(Change.Removed)} only in A.");
        if (rows.Any(static row => row.Id.StartsWith(MachineRows, StringComparison.Ordinal) && row.Change is Change.Better or Change.Worse))
        {
            Console.WriteLine("Limits of the machine changed too, which explains a part of the other changes.");
        }

        return 0;
    }

    private static void Print(IReadOnlyList<Comparison> rows)
    {
        PlainTables.WhenRedirected();
        var table = new Table().Border(TableBorder.Rounded).AddColumns("id", "unit").AddColumn("A", Right).AddColumn("B", Right).AddColumn("B ÷ A", Right).AddColumns("", "GCs", "cores", "peak MB");
        foreach (Comparison row in rows)
        {
            table.AddRow(
                Markup.Escape(row.Id),
                Markup.Escape((row.After ?? row.Before)!.Unit),
                Spread(row.Before),
                Spread(row.After),
                row.Ratio is double ratio ? Figure.Ratio(ratio) : "",
                row.Change switch
                {
                    Change.Better => "[green]better[/]",
                    Change.Worse => "[red]worse[/]",
                    Change.Added => "only in B",
                    Change.Removed => "only in A",
                    _ => "within noise",
                },
                Of(row, static cost => cost.Gen0 + cost.Gen1 + cost.Gen2),
                Of(row, static cost => cost.CoresUsed),
                Of(row, static cost => cost.PeakBytes / 1e6));
        }

        AnsiConsole.Write(table);
    }

    /// <summary>
    /// Formats the resource usage of both runs; empty if neither contains it.
    /// </summary>
    private static string Of(Comparison row, Func<Cost, double?> figure)
    {
        string[] both = [.. ((Row?[])[row.Before, row.After]).Select(one => one?.Cost is Cost cost && figure(cost) is double known ? Figure.Of(known) : "?")];
        return both.All(static one => one == "?") ? "" : string.Join(" → ", both);
    }

    private static string Spread(Row? row) => row is null ? "" : $"{Figure.Of(row.Median)} ({Figure.Of(row.Min)} – {Figure.Of(row.Max)})";

    private static void Right(TableColumn column) => column.RightAligned();
}
