using System.CommandLine;
using System.Globalization;
using Zurau.Harness.Bench.Peers;

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
            DefaultValueFactory = static _ => BenchSuites.DefaultName,
        };
        var size = new Option<string>("--size")
        {
            Description = "How much: smoke (seconds; figures mean nothing), quick (the default suites in under four minutes), full (with --suite all about half an hour).",
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
            Description = "Where logs are written while it runs; deleted at the end. Full size needs 6 GB there.",
            HelpName = "DIR",
            DefaultValueFactory = static _ => "data",
        };
        var only = new Option<string>("--case")
        {
            Description = "Runs only the cases whose title contains TEXT, as the progress shows it; for profiling.",
            HelpName = "TEXT",
            DefaultValueFactory = static _ => "",
        };
        var peers = new Option<string>("--peers")
        {
            Description = $"Who is measured beside ours: {PeerChoice.Names}. Default: all for the full size, local otherwise.",
            HelpName = "WHO",
        };
        var duration = new Option<string>("--duration") { Description = "Seconds that an open loop sends (P8, tuning), above 0 and at most 3600. Default: by size.", HelpName = "SECONDS" };
        var rate = new Option<string>("--rate") { Description = "Records a second of an open loop (P8, tuning), 1 to 10,000,000. Default: by suite.", HelpName = "N" };
        var command = new Command("bench", "Measures the engine beside the machine's limits and its peers.") { suite, size, peers, duration, rate, output, data, only };
        command.Add(CompareCommand.Create());
        command.Add(DocsCommand.Create());
        command.SetAction(result =>
        {
            Scale? scale = Scale.All.FirstOrDefault(scale => scale.Name == result.GetRequiredValue(size));
            IReadOnlyList<Suite> suites = BenchSuites.Find(result.GetRequiredValue(suite), result.GetRequiredValue(only));
            string who = result.GetValue(peers) ?? (result.GetRequiredValue(size) == "full" ? "all" : "local");
            if (suites.Count == 0)
            {
                return Refuse(result.GetRequiredValue(only).Length == 0
                    ? $"There is no suite '{result.GetRequiredValue(suite)}'; there are {BenchSuites.Names}."
                    : NoCase(result.GetRequiredValue(only), result.GetRequiredValue(suite)));
            }

            if (scale is null)
            {
                return Refuse($"There is no size '{result.GetRequiredValue(size)}'; there are {string.Join(", ", Scale.All.Select(static scale => scale.Name))}.");
            }

            if (PeerChoice.Parse(who) is not PeerChoice choice)
            {
                return Refuse($"There are no peers '{who}'; there are {PeerChoice.Names}.");
            }

            if (!TryRead(result.GetValue(duration), double.Epsilon, 3600, out double? seconds))
            {
                return Refuse($"--duration '{result.GetValue(duration)}' is no number of seconds above 0 and up to 3600.");
            }

            if (!TryRead(result.GetValue(rate), 1, 10_000_000, out double? perSecond))
            {
                return Refuse($"--rate '{result.GetValue(rate)}' is no number of records a second from 1 to 10,000,000.");
            }

            return new BenchRun(scale, suites, choice, result.GetRequiredValue(output), result.GetRequiredValue(data))
            {
                Duration = seconds is double given ? TimeSpan.FromSeconds(given) : null,
                Rate = (int?)perSecond,
            }.Run();
        });
        return command;
    }

    // Null for an option that is not there.
    private static bool TryRead(string? text, double least, double most, out double? value)
    {
        value = null;
        if (text is null)
        {
            return true;
        }

        value = double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number) ? number : null;
        return value >= least && value <= most;
    }

    private static string NoCase(string text, string suite)
    {
        string[] titles = [.. BenchSuites.Find(suite, "").SelectMany(static found => found.Cases).Select(static one => $"'{one.Title}'")];
        return titles.Length == 0
            ? $"There is no suite '{suite}'; there are {BenchSuites.Names}."
            : $"There is no case '{text}' in suite '{suite}'; there are {string.Join(", ", titles)}.";
    }

    private static int Refuse(string reason)
    {
        Console.Error.WriteLine(reason);
        return 1;
    }
}
