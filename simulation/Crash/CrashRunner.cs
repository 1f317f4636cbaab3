using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace Zurau.Simulation;

/// <summary>
/// Runs the request of the command line and prints the result; returns 0 if everything is
/// as expected.
/// </summary>
internal sealed class CrashRunner<TPlan>(Scenario<TPlan> scenario, CrashRequest request)
    where TPlan : class
{
    private const int MostReports = 3;
    private const int MostFindings = 10;
    private const int PairsPerSweep = 500;
    private const int MutantBudget = 20_000;
    private readonly Campaign<TPlan> _campaign = new(scenario, request.Lanes, DirectoryFindings.Of) { TimelineLength = request.Timeline, MostFindings = request.StopsAtFirst ? 1 : MostFindings };

    internal int Run()
    {
        if (request.ShowsPlan)
        {
            Console.WriteLine(scenario.Write(scenario.Draw(request.Seed)));
            return 0;
        }

        if (request.Mutant == "all")
        {
            return CatchAll();
        }

        if (request.Mutant is { } name)
        {
            Mutant? mutant = scenario.Mutants.FirstOrDefault(mutant => mutant.Name == name);
            if (mutant is null)
            {
                AnsiConsole.MarkupLineInterpolated($"[red]The mutant '{name}' does not exist. Use one of: {string.Join(", ", scenario.Mutants.Select(static mutant => mutant.Name))}.[/]");
                return 2;
            }

            _campaign.Mutant = mutant;
        }

        if (request.Plan is { } plan)
        {
            return ReplayText(plan);
        }

        if (request.StopsAtFirst)
        {
            return FindFirst();
        }

        return request.Seeds == 1 && !request.Sweep ? Replay(scenario.Draw(request.Seed)) : RunMany();
    }

    /// <param name="plan">A plan as JSON, or the path of its file.</param>
    private int ReplayText(string plan)
    {
        TPlan read;
        try
        {
            read = scenario.Read(plan.TrimStart().StartsWith('{') ? plan : File.ReadAllText(plan));
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            AnsiConsole.MarkupLineInterpolated($"[red]The plan cannot be read: {exception.Message} Use the JSON or the file that a finding of the scenario '{scenario.Name}' printed or kept.[/]");
            return 2;
        }

        return Replay(read);
    }

    private int Replay(TPlan plan)
    {
        RunReport report = _campaign.Run(plan);
        if (report.Violation is null)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Seed {report.Seed}: no violation; {report.Steps} steps, {report.Crashes} crashes, hash {report.Hash:x16}."));
            return 0;
        }

        Report(new Finding<TPlan>(report, plan));
        return 1;
    }

    private int FindFirst()
    {
        Tally<TPlan> tally = _campaign.RunSeeds(request.Seed, request.Seeds);
        if (tally.Findings.Count == 0)
        {
            Console.WriteLine($"{tally.Runs} seeds, no violation");
            return 0;
        }

        RunReport report = tally.Findings[0].Report;
        Console.WriteLine($"first violation: seed {report.Seed}: {report.Violation}");
        return 1;
    }

    private int RunMany()
    {
        var clock = Stopwatch.StartNew();
        var tallies = new List<Tally<TPlan>>();
        AnsiConsole.Progress().HideCompleted(false).Start(context =>
        {
            ProgressTask bar = context.AddTask(request.Sweep ? "sweeping" : "seeds", maxValue: request.Seeds);
            if (request.Sweep)
            {
                for (int i = 0; i < request.Seeds; i++)
                {
                    tallies.Add(_campaign.Sweep(scenario.DrawForSweep(request.Seed + (ulong)i), PairsPerSweep));
                    bar.Increment(1);
                }
            }
            else
            {
                tallies.Add(_campaign.RunSeeds(request.Seed, request.Seeds, tally => bar.Value = tally.Runs));
            }
        });
        return Summarize(tallies, clock.Elapsed);
    }

    private int Summarize(List<Tally<TPlan>> tallies, TimeSpan elapsed)
    {
        var probes = new Probes();
        tallies.ForEach(tally => probes.Add(tally.Probes));
        IGrouping<string, long>[] points = [.. tallies.SelectMany(static tally => tally.Points).GroupBy(static point => point.Key, static point => point.Value).OrderBy(static point => point.Key, StringComparer.Ordinal)];
        var table = new Table { Border = TableBorder.None, ShowHeaders = false };
        table.AddColumn("").AddColumn("");
        void Row(string name, string value) => table.AddRow(Markup.Escape(name), Markup.Escape(value));
        CultureInfo culture = CultureInfo.InvariantCulture;
        long runs = tallies.Sum(static tally => tally.Runs);
        Row(request.Sweep ? "runs" : "seeds", runs.ToString("N0", culture));
        Row("crashes", tallies.Sum(static tally => tally.Crashes).ToString("N0", culture));
        Row("crash points", string.Create(culture, $"{points.Length} kinds, {tallies.Sum(static tally => tally.Steps):N0} steps"));
        Row("simulated", tallies.Sum(static tally => tally.SimulatedHours).ToString("N1", culture) + " hours");
        Row("real", string.Create(culture, $"{elapsed.TotalSeconds:N1} s, {elapsed.TotalMilliseconds / Math.Max(1, runs):N2} ms per run"));
        Row("probes", string.Join(", ", probes.Hits.OrderBy(static probe => probe.Key, StringComparer.Ordinal).Select(probe => string.Create(culture, $"{probe.Key} {probe.Value:N0}"))));
        Finding<TPlan>[] findings = [.. tallies.SelectMany(static tally => tally.Findings)];
        Row("violations", findings.Length.ToString("N0", culture));
        AnsiConsole.Write(table);
        foreach (Finding<TPlan> finding in findings)
        {
            Console.WriteLine($"Seed {finding.Report.Seed}: {finding.Report.Violation}");
        }

        // Only the first one of each kind is simplified.
        foreach (Finding<TPlan> finding in findings.DistinctBy(static finding => finding.Report.Kind).Take(MostReports))
        {
            Console.WriteLine($"\nShrinking seed {finding.Report.Seed}...");
            Report(_campaign.Shrink(finding));
        }

        string[] missing = request.Seeds < 1000 || request.Mutant is not null ? [] : [.. scenario.RequiredProbes.Where(probe => !probes.Hits.ContainsKey(probe))];
        if (missing.Length > 0)
        {
            Console.WriteLine($"Probes that were not hit: {string.Join(", ", missing)}.");
        }

        return findings.Length == 0 && missing.Length == 0 ? 0 : 1;
    }

    private int CatchAll()
    {
        int missed = 0;
        foreach (Mutant mutant in scenario.Mutants)
        {
            var clock = Stopwatch.StartNew();
            Finding<TPlan>? caught = _campaign.Catch(mutant, request.Seed, MutantBudget);
            missed += caught is null ? 1 : 0;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{mutant.Name,-32} {(caught is null ? "NOT CAUGHT" : "caught")} in {clock.Elapsed.TotalSeconds:N1} s  {caught?.Report.Violation}"));
        }

        return missed == 0 ? 0 : 1;
    }

    private void Report(Finding<TPlan> finding)
    {
        foreach (string line in finding.Report.Timeline)
        {
            Console.WriteLine(line);
        }

        Console.WriteLine($"\nVIOLATION (seed {finding.Report.Seed}): {finding.Report.Violation}");
        string mutant = request.Mutant is null ? "" : $" --mutant {request.Mutant}";
        Console.WriteLine($"Replay: dotnet run -c Release --project simulation -- crash --scenario {scenario.Name}{mutant} --plan '{scenario.Write(finding.Plan)}'");
    }
}
