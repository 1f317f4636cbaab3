using System.Globalization;
using Zurau.Simulation;
using Zurau.Testing.Simulation;

namespace Simulation.Tests.Crash;

/// <summary>
/// Seeds that no run has had before, for ZURAU_FRESH_SECONDS per scenario; ZURAU_SEED
/// repeats a run. The fixed seeds of the other tests find what comes back, these what
/// is new.
/// </summary>
public sealed class FreshSeedTests(ITestOutputHelper output)
{
    private const double DefaultSeconds = 2;
    private static readonly CrashScenario[] s_scenarios = [new LogScenario(), new TransactionScenario(), new CompactionScenario(), new TopicsScenario()];

    public static TheoryData<string> Scenarios => [.. s_scenarios.Select(static scenario => scenario.Name)];

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void Fresh_seeds_keep_every_promise(string name)
    {
        CrashScenario scenario = s_scenarios.Single(scenario => scenario.Name == name);
        ulong first = ulong.TryParse(Environment.GetEnvironmentVariable("ZURAU_SEED"), CultureInfo.InvariantCulture, out ulong given) ? given : FreshSeed.Next();
        double seconds = double.TryParse(Environment.GetEnvironmentVariable("ZURAU_FRESH_SECONDS"), CultureInfo.InvariantCulture, out double wanted) ? wanted : DefaultSeconds;
        Tally<CrashPlan> tally = CrashTests.Campaign(scenario).RunFor(first, TimeSpan.FromSeconds(seconds));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: {tally.Runs:N0} seeds from {first} on, {tally.Crashes:N0} crashes."));
        Assert.True(tally.Findings.Count == 0, $"Seeds from {first} on. {CrashTests.Describe(scenario, tally)}");
    }
}
