using System.CommandLine;

namespace Zurau.Harness.Bench;

/// <summary>The command line of the benchmarks.</summary>
internal static class BenchCommand
{
    internal static Command Create()
    {
        var suite = new Option<string>("--suite")
        {
            Description = $"What to run: {BenchSuites.Names}.",
            HelpName = "NAME",
            DefaultValueFactory = static _ => BenchSuites.AllName,
        };
        var size = new Option<string>("--size")
        {
            Description = "How much: smoke (seconds; figures mean nothing), quick (under three minutes), full (under fifteen).",
            HelpName = "SIZE",
            DefaultValueFactory = static _ => "quick",
        };
        var output = new Option<string>("--out")
        {
            Description = "Where the run's folder of results is made.",
            HelpName = "DIR",
            DefaultValueFactory = static _ => "perf-results",
        };
        var data = new Option<string>("--data")
        {
            Description = "Where logs are written while it runs; deleted at the end. Full size needs 8 GB there.",
            HelpName = "DIR",
            DefaultValueFactory = static _ => "data",
        };
        var only = new Option<string>("--case")
        {
            Description = "Runs only the cases whose title contains TEXT, as the progress shows it; for profiling.",
            HelpName = "TEXT",
            DefaultValueFactory = static _ => "",
        };
        var command = new Command("bench", "Measures the engine beside the machine's limits and its peers.") { suite, size, output, data, only };
        command.Add(CompareCommand.Create());
        command.SetAction(result => Run(result.GetRequiredValue(suite), result.GetRequiredValue(size), result.GetRequiredValue(output), result.GetRequiredValue(data), result.GetRequiredValue(only)));
        return command;
    }

    private static int Run(string suite, string size, string output, string data, string only)
    {
        Scale? scale = Scale.All.FirstOrDefault(scale => scale.Name == size);
        IReadOnlyList<Suite> suites = BenchSuites.Find(suite, only);
        if (suites.Count == 0)
        {
            Console.Error.WriteLine(only.Length == 0 ? $"There is no suite '{suite}'; there are {BenchSuites.Names}." : $"There is no case '{only}' in suite '{suite}'; the suites are {BenchSuites.Names}.");
            return 1;
        }

        if (scale is null)
        {
            Console.Error.WriteLine($"There is no size '{size}'; there are {string.Join(", ", Scale.All.Select(static scale => scale.Name))}.");
            return 1;
        }

        new BenchRun(scale, suites, output, data).Run();
        return 0;
    }
}
