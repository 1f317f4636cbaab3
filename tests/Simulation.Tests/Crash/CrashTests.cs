using Zurau.Simulation;
using Zurau.Testing.Simulation;

namespace Simulation.Tests.Crash;

/// <summary>
/// Runs a scenario of the simulator: the shipped engine, killed or losing its power at
/// its steps. `simulation -- crash` runs the same with more seeds.
/// </summary>
internal static class CrashTests
{
    internal static void KeepsEveryPromise(CrashScenario scenario, int seeds)
    {
        Tally<CrashPlan> tally = Campaign(scenario).RunSeeds(1, seeds);
        Assert.True(tally.Findings.Count == 0, Describe(scenario, tally));
        Assert.Equal(seeds, tally.Runs);
        Assert.True(tally.Crashes > seeds);
        string[] missing = [.. scenario.RequiredProbes.Where(probe => !tally.Probes.Hits.ContainsKey(probe))];
        Assert.True(missing.Length == 0, $"Never reached in {seeds} seeds: {string.Join(", ", missing)}.");
    }

    internal static void KeepsEveryPromiseAtEveryStep(CrashScenario scenario, int pairs, int every)
    {
        Tally<CrashPlan> tally = Campaign(scenario).Sweep(scenario.DrawForSweep(1), pairs, every: every);
        Assert.True(tally.Findings.Count == 0, Describe(scenario, tally));
        Assert.True(tally.Runs > 500);
    }

    internal static void DeterminesTheRun(CrashScenario scenario)
    {
        CrashPlan plan = scenario.Draw(7);
        CrashPlan read = scenario.Read(scenario.Write(plan));
        Campaign<CrashPlan> campaign = Campaign(scenario);
        RunReport first = campaign.Run(plan);
        RunReport again = campaign.Run(read);
        Assert.Equal(first.Hash, again.Hash);
        Assert.Equal(first.Steps, again.Steps);
        Assert.NotEqual(first.Hash, campaign.Run(plan with { Seed = 8 }).Hash);
    }

    internal static void Catches(CrashScenario scenario, string name)
    {
        Mutant mutant = scenario.Mutants.Single(mutant => mutant.Name == name);
        Finding<CrashPlan>? caught = Campaign(scenario).Catch(mutant, firstSeed: 1, budget: 20_000);
        Assert.True(caught is not null, $"{mutant.Breaks} Nothing was noticed.");
    }

    internal static void Keeps(CrashScenario scenario, string plan)
    {
        RunReport report = Campaign(scenario).Run(scenario.Read(File.ReadAllText(Path.Combine(PlanFolder(scenario), plan + ".json"))));
        Assert.True(report.Violation is null, report.Violation);
    }

    internal static TheoryData<string> MutantsOf(CrashScenario scenario) => [.. scenario.Mutants.Select(static mutant => mutant.Name)];

    internal static TheoryData<string> PlansOf(CrashScenario scenario) =>
        [.. Directory.GetFiles(PlanFolder(scenario), "*.json").Select(static file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    private static string PlanFolder(CrashScenario scenario) => Path.Combine(AppContext.BaseDirectory, "Crash", "Plans", scenario.Name);

    internal static Campaign<CrashPlan> Campaign(CrashScenario scenario) => new(scenario, Environment.ProcessorCount, DirectoryFindings.Of);

    internal static string Describe(CrashScenario scenario, Tally<CrashPlan> tally) =>
        string.Join('\n', tally.Findings.Select(finding => $"crash --scenario {scenario.Name} --plan '{scenario.Write(finding.Plan)}': {finding.Report.Violation}"));
}
