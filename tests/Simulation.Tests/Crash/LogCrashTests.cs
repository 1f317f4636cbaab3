using Zurau.Harness.Crash;
using Zurau.Testing.Simulation;

namespace Simulation.Tests.Crash;

/// <summary>The engine that ships, on a simulated machine, killed and cut off at its steps. `harness -- crash` runs the same with more seeds.</summary>
public sealed class LogCrashTests
{
    private const int Seeds = 3000;
    private readonly LogScenario _scenario = new();

    // L1 L2 L3 L4 L5 L9 L10 L11 L12 K1 K2 K3 K6 K7 K8 K14 W1 W2 W3 W4 W5 W6 W7 W11 W13 W14 E1 E2 E3 E4 E6
    [Fact]
    public void Random_lives_with_faults_and_crashes_keep_every_promise()
    {
        Tally<CrashPlan> tally = Campaign().RunSeeds(1, Seeds);
        Assert.True(tally.Findings.Count == 0, Describe(tally));
        Assert.Equal(Seeds, tally.Runs);
        Assert.True(tally.Crashes > Seeds);
        string[] missing = [.. _scenario.RequiredProbes.Where(probe => !tally.Probes.Hits.ContainsKey(probe))];
        Assert.True(missing.Length == 0, $"Never reached in {Seeds} seeds: {string.Join(", ", missing)}.");
    }

    [Fact]
    public void A_crash_at_any_step_and_another_one_after_it_keep_every_promise()
    {
        Tally<CrashPlan> tally = Campaign().Sweep(_scenario.DrawForSweep(1), pairs: 300);
        Assert.True(tally.Findings.Count == 0, Describe(tally));
        Assert.True(tally.Runs > 1000);
    }

    [Fact]
    public void A_seed_says_all()
    {
        CrashPlan plan = _scenario.Draw(7);
        CrashPlan read = _scenario.Read(_scenario.Write(plan));
        Campaign<CrashPlan> campaign = Campaign();
        RunReport first = campaign.Run(plan);
        RunReport again = campaign.Run(read);
        Assert.Equal(first.Hash, again.Hash);
        Assert.Equal(first.Steps, again.Steps);
        Assert.NotEqual(first.Hash, campaign.Run(plan with { Seed = 8 }).Hash);
    }

    public static TheoryData<string> Mutants => [.. new LogScenario().Mutants.Select(static mutant => mutant.Name)];

    [Theory]
    [MemberData(nameof(Mutants))]
    public void A_planted_fault_is_caught(string name)
    {
        Mutant mutant = _scenario.Mutants.Single(mutant => mutant.Name == name);
        Finding<CrashPlan>? caught = Campaign().Catch(mutant, firstSeed: 1, budget: 20_000);
        Assert.True(caught is not null, $"{mutant.Breaks} Nothing was noticed.");
    }

    public static TheoryData<string> Plans => [.. Directory.GetFiles(PlanFolder, "*.json").Select(static file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    // Each broke the engine once; README.md beside the folder says how.
    [Theory]
    [MemberData(nameof(Plans))]
    public void A_plan_that_once_broke_a_promise_keeps_it(string name)
    {
        RunReport report = Campaign().Run(_scenario.Read(File.ReadAllText(Path.Combine(PlanFolder, name + ".json"))));
        Assert.True(report.Violation is null, report.Violation);
    }

    private static string PlanFolder => Path.Combine(AppContext.BaseDirectory, "Crash", "Plans");

    private Campaign<CrashPlan> Campaign() => new(_scenario, Environment.ProcessorCount, DirectoryFindings.Of);

    private static string Describe(Tally<CrashPlan> tally) =>
        string.Join('\n', tally.Findings.Select(static finding => $"crash --scenario log --plan '{new LogScenario().Write(finding.Plan)}': {finding.Report.Violation}"));
}
