using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace Zurau.Simulation;

/// <summary>
/// Implements <c>mutants</c>: plants each fault in the engine, builds it, and checks that
/// it is caught.
/// </summary>
internal static class MutantsCommand
{
    internal static Command Create()
    {
        var only = new Option<string[]>("--only") { Description = "Only these mutants.", AllowMultipleArgumentsPerToken = true };
        var seeds = new Option<int>("--seeds") { Description = "The maximum number of seeds of its scenario per mutant.", DefaultValueFactory = static _ => 5000 };
        var lanes = new Option<int>("--lanes") { Description = "The number of worlds that run in parallel.", DefaultValueFactory = static _ => Environment.ProcessorCount };
        var record = new Option<string?>("--record") { Description = "Writes the rows of the run into a Markdown file; rows of other mutants are kept." };
        var command = new Command("mutants", "Plants faults in the engine with source patches and checks that they are caught.") { only, seeds, lanes, record };
        command.SetAction(parsed => Run(parsed.GetValue(only) ?? [], parsed.GetValue(seeds), parsed.GetValue(lanes), parsed.GetValue(record)));
        return command;
    }

    private static int Run(string[] only, int seeds, int lanes, string? record)
    {
        string root = RepositoryRoot.Find();
        IReadOnlyList<MutantPatch> all = MutantPatch.ReadAll(root);
        MutantPatch[] chosen = [.. all.Where(mutant => only.Length == 0 || only.Contains(mutant.Name))];
        if (only.Except(chosen.Select(static mutant => mutant.Name)).FirstOrDefault() is { } unknown)
        {
            AnsiConsole.MarkupLineInterpolated($"[red]The mutant '{unknown}' does not exist. Use one of: {string.Join(", ", all.Select(static mutant => mutant.Name))}.[/]");
            return 2;
        }

        var results = new List<MutantResult>();
        AnsiConsole.Progress().AutoClear(true).Start(context =>
        {
            ProgressTask bar = context.AddTask("mutants", maxValue: chosen.Length);
            using var hunt = new MutantHunt(root, seeds, lanes, text => bar.Description = Markup.Escape(text));
            foreach (MutantPatch mutant in chosen)
            {
                results.Add(hunt.Hunt(mutant));
                Show(results[^1]);
                bar.Increment(1);
            }
        });
        int caught = results.Count(static result => result.IsCaught);
        Console.WriteLine($"{caught} of {results.Count} caught");
        if (record is not null)
        {
            MutantRecord.Write(record, results, all, Commit(root), seeds);
        }

        return caught == results.Count ? 0 : 1;
    }

    private static void Show(MutantResult result)
    {
        string where = result.Mutant.Catcher.IsTest ? "" : result.Seed is { } seed ? string.Create(CultureInfo.InvariantCulture, $"seed {seed}") : string.Create(CultureInfo.InvariantCulture, $"after {result.Seeds:N0} seeds");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(result.IsCaught ? "caught  " : "SURVIVED")} {result.Mutant.Name,-44} {result.Mutant.Catcher.Name,-14} {where,-24} {result.Seconds,6:N1} s  {result.Message}"));
    }

    private static string Commit(string root)
    {
        using Process git = Process.Start(new ProcessStartInfo("git", ["-C", root, "rev-parse", "--short", "HEAD"]) { RedirectStandardOutput = true })!;
        string commit = git.StandardOutput.ReadToEnd().Trim();
        git.WaitForExit();
        return commit.Length > 0 ? commit : "unknown";
    }
}
