using System.Globalization;
using Spectre.Console;
using Zurau.Harness.Bench.Results;

namespace Zurau.Harness.Bench;

/// <summary>One run from the command line: limits, the suites, the results' folder, a table.</summary>
internal sealed class BenchRun(Scale scale, IReadOnlyList<Suite> suites, string output, string data)
{
    internal void Run()
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        string directory = Path.Combine(data, string.Create(CultureInfo.InvariantCulture, $"bench-{Environment.ProcessId}"));
        Directory.CreateDirectory(directory);
        try
        {
            RunHeader header = RunHeaderReader.Read(scale.Name, string.Join(", ", suites.Select(static suite => suite.Name)), directory, now);
            var context = new BenchContext(scale, directory);
            Measure(context);
            string folder = ResultFolder.Write(output, new BenchResult(header, context.Rows), now);
            if (scale.HasWarmUp)
            {
                ResultFolder.LinkLatest(output, folder, header);
            }

            Print(context.Rows, folder);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private void Measure(BenchContext context) => AnsiConsole.Progress()
        .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
        .Start(progress =>
        {
            IReadOnlyList<Suite> all = [BenchSuites.Limits, .. suites];
            ProgressTask[] tasks = [.. all.Select(suite => progress.AddTask(Markup.Escape(suite.Name), autoStart: false, maxValue: suite.Cases.Count))];
            for (int i = 0; i < tasks.Length; i++)
            {
                ProgressTask task = tasks[i];
                task.StartTask();
                for (int done = 0; done < all[i].Cases.Count; done++)
                {
                    BenchCase now = all[i].Cases[done];
                    int before = done;
                    task.Description = Markup.Escape($"{all[i].Name}: {now.Title}");
                    context.Report = share => task.Value = before + share;
                    now.Run(context);
                }

                task.Description = Markup.Escape(all[i].Name);
                task.Value = task.MaxValue;
                task.StopTask();
            }
        });

    private static void Print(IReadOnlyList<Row> rows, string folder)
    {
        PlainTables.WhenRedirected();
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
        foreach (Suite suite in BenchSuites.All)
        {
            Console.WriteLine($"--suite {suite.Name}: {suite.What}");
        }

        // Not through the console's wrapping: paths are copied.
        Console.WriteLine($"Results: {Path.Combine(folder, "summary.md")}");
    }

    private static void Right(TableColumn column) => column.RightAligned();
}
