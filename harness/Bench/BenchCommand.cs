using System.CommandLine;
using System.Globalization;
using Zurau.Harness.Bench.Peers;

namespace Zurau.Harness.Bench;

/// <summary>Defines the command line of the benchmarks.</summary>
internal static class BenchCommand
{
    internal static Command Create()
    {
        var suite = new Option<string>("--suite")
        {
            Description = $"The suites to run: {BenchSuites.Names}.",
            HelpName = "NAME",
            DefaultValueFactory = static _ => BenchSuites.DefaultName,
        };
        var size = new Option<string>("--size")
        {
            Description = "The amount of work: smoke (seconds; the figures are meaningless), quick (the default suites in under four minutes), full (with --suite all about half an hour).",
            HelpName = "SIZE",
            DefaultValueFactory = static _ => "quick",
        };
        var output = new Option<string>("--out")
        {
            Description = "The folder in which the run creates its result folder.",
            HelpName = "DIR",
            DefaultValueFactory = static _ => "perf-results",
        };
        var data = new Option<string>("--data")
        {
            Description = "The folder for logs during the run; they are deleted at the end. Size full needs 6 GB.",
            HelpName = "DIR",
            DefaultValueFactory = static _ => "data",
        };
        var only = new Option<string>("--case")
        {
            Description = "Runs only the cases whose title, as shown by the progress display, contains TEXT; for profiling.",
            HelpName = "TEXT",
            DefaultValueFactory = static _ => "",
        };
        var peers = new Option<string>("--peers")
        {
            Description = $"The systems to compare with: {PeerChoice.Names}. Default: all for size full, otherwise local.",
            HelpName = "WHO",
        };
        var duration = new Option<string>("--duration") { Description = "The duration of an open loop (P8, tuning) in seconds, above 0 and at most 3600. Default: by size.", HelpName = "SECONDS" };
        var rate = new Option<string>("--rate") { Description = "The records per second of an open loop (P8, tuning), 1 to 10,000,000. Default: by suite.", HelpName = "N" };
        var command = new Command("bench", "Measures the engine and compares it with the limits of the machine and with other systems.") { suite, size, peers, duration, rate, output, data, only };
        command.Add(CompareCommand.Create());
        command.Add(DocsCommand.Create());
        command.SetAction(result =>
        {
            Scale? scale = Scale.All.FirstOrDefault(scale => scale.Name == result.GetRequiredValue(size));
            IReadOnlyList<Suite> suites = BenchSuites.Find(result.GetRequiredValue(suite), result.GetRequiredValue(only));
            string peerNames = result.GetValue(peers) ?? (result.GetRequiredValue(size) == "full" ? "all" : "local");
            if (suites.Count == 0)
            {
                return Refuse(result.GetRequiredValue(only).Length == 0
                    ? $"The suite '{result.GetRequiredValue(suite)}' does not exist. Use one of: {BenchSuites.Names}."
                    : NoCase(result.GetRequiredValue(only), result.GetRequiredValue(suite)));
            }

            if (scale is null)
            {
                return Refuse($"The size '{result.GetRequiredValue(size)}' does not exist. Use one of: {string.Join(", ", Scale.All.Select(static scale => scale.Name))}.");
            }

            if (PeerChoice.Parse(peerNames) is not PeerChoice choice)
            {
                return Refuse($"'{peerNames}' is not a valid value of --peers. Use one of: {PeerChoice.Names}.");
            }

            if (!TryRead(result.GetValue(duration), double.Epsilon, 3600, out double? seconds))
            {
                return Refuse($"--duration '{result.GetValue(duration)}' is not a number of seconds above 0 and at most 3600.");
            }

            if (!TryRead(result.GetValue(rate), 1, 10_000_000, out double? perSecond))
            {
                return Refuse($"--rate '{result.GetValue(rate)}' is not a number of records per second from 1 to 10,000,000.");
            }

            return new BenchRun(scale, suites, choice, result.GetRequiredValue(output), result.GetRequiredValue(data))
            {
                Duration = seconds is double given ? TimeSpan.FromSeconds(given) : null,
                Rate = (int?)perSecond,
            }.Run();
        });
        return command;
    }

    // Returns null in value for an option that was not given.
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
            ? $"The suite '{suite}' does not exist. Use one of: {BenchSuites.Names}."
            : $"No case of suite '{suite}' contains '{text}'. Use a part of one of: {string.Join(", ", titles)}.";
    }

    private static int Refuse(string reason)
    {
        Console.Error.WriteLine(reason);
        return 1;
    }
}
