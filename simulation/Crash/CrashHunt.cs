using System.Diagnostics;
using System.Globalization;

namespace Zurau.Simulation;

/// <summary>
/// Runs fresh seeds of several scenarios alternately for a time, and keeps the plans that
/// fail.
/// </summary>
internal sealed class CrashHunt(IReadOnlyList<CrashScenario> scenarios, int lanes, TimeSpan time, string? keepDirectory)
{
    private const int MostFindings = 20; // A scenario stops at this number, because the violations usually have the same cause.
    private const int ShrinkBudget = 300;
    private static readonly TimeSpan s_longestShrink = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_longestTurn = TimeSpan.FromMinutes(2);

    /// <summary>Runs the scenarios; returns 0 if there was no violation.</summary>
    internal int Run(ulong firstSeed)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Fresh seeds from {firstSeed} on, {time.TotalMinutes:N0} minutes, {lanes} lanes."));
        var clock = Stopwatch.StartNew();
        Score[] scores = [.. scenarios.Select(scenario => new Score(scenario, firstSeed))];
        TimeSpan turn = TimeSpan.FromTicks(Math.Min(s_longestTurn.Ticks, time.Ticks / scores.Length));
        while (clock.Elapsed < time && scores.Any(static score => score.Findings < MostFindings))
        {
            foreach (Score score in scores.Where(static score => score.Findings < MostFindings))
            {
                TimeSpan left = time - clock.Elapsed;
                if (left > TimeSpan.Zero)
                {
                    Run(score, left < turn ? left : turn);
                }
            }
        }

        foreach (Score score in scores)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{score.Scenario.Name,-14} {score.Seeds,9:N0} seeds from {firstSeed}, {score.Crashes,9:N0} crashes, {score.Steps,13:N0} steps, {score.Findings} violations"));
        }

        return scores.All(static score => score.Findings == 0) ? 0 : 1;
    }

    private void Run(Score score, TimeSpan turn)
    {
        var campaign = new Campaign<CrashPlan>(score.Scenario, lanes, DirectoryFindings.Of) { MostFindings = MostFindings - score.Findings };
        Tally<CrashPlan> tally = campaign.RunFor(score.NextSeed, turn);
        score.Add(tally);
        foreach (Finding<CrashPlan> finding in tally.Findings)
        {
            Console.WriteLine($"{score.Scenario.Name}, seed {finding.Report.Seed}: {finding.Report.Violation}");
        }

        foreach (Finding<CrashPlan> finding in keepDirectory is null ? [] : tally.Findings)
        {
            Keep(score, campaign, finding, Path.Combine(keepDirectory!, score.Scenario.Name));
        }
    }

    /// <summary>
    /// Writes the plan, its timeline and, for the first plan of a kind, a simpler plan
    /// that fails in the same way.
    /// </summary>
    private static void Keep(Score score, Campaign<CrashPlan> campaign, Finding<CrashPlan> finding, string directory)
    {
        Directory.CreateDirectory(directory);
        string path = Path.Combine(directory, finding.Report.Seed.ToString(CultureInfo.InvariantCulture));
        File.WriteAllText(path + ".json", score.Scenario.Write(finding.Plan));
        File.WriteAllLines(path + ".txt", [finding.Report.Violation!, "", .. finding.Report.Timeline]);
        if (score.Kinds.Add(finding.Report.Kind))
        {
            Finding<CrashPlan> simple = campaign.Shrink(finding, ShrinkBudget, s_longestShrink);
            File.WriteAllText(path + ".simple.json", score.Scenario.Write(simple.Plan));
            File.WriteAllLines(path + ".simple.txt", [simple.Report.Violation!, "", .. simple.Report.Timeline]);
        }
    }

    /// <summary>The progress of a scenario.</summary>
    private sealed class Score(CrashScenario scenario, ulong firstSeed)
    {
        internal CrashScenario Scenario => scenario;

        internal HashSet<string> Kinds { get; } = [];

        internal long Seeds { get; private set; }

        internal long Crashes { get; private set; }

        internal long Steps { get; private set; }

        internal int Findings { get; private set; }

        internal ulong NextSeed => firstSeed + (ulong)Seeds;

        internal void Add(Tally<CrashPlan> tally)
        {
            Seeds += tally.Runs;
            Crashes += tally.Crashes;
            Steps += tally.Steps;
            Findings += tally.Findings.Count;
        }
    }
}
