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
        var command = new Command("bench", "Measures the engine beside the machine's limits and its peers.") { suite, size, output, data };
        command.SetAction(result => Run(result.GetRequiredValue(suite), result.GetRequiredValue(size), result.GetRequiredValue(output), result.GetRequiredValue(data)));
        return command;
    }

    private static int Run(string suite, string size, string output, string data)
    {
        Scale? scale = Scale.All.FirstOrDefault(scale => scale.Name == size);
        IReadOnlyList<Suite> suites = BenchSuites.Find(suite);
        if (suites.Count == 0)
        {
            Console.Error.WriteLine($"There is no suite '{suite}'; there are {BenchSuites.Names}.");
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
