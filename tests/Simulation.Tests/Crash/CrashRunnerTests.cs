using Zurau.Simulation;

namespace Simulation.Tests.Crash;

public sealed class CrashRunnerTests
{
    private static readonly TopicsScenario s_scenario = new();

    [Theory]
    [InlineData("{")]
    [InlineData("""{"Unknown":[]}""")]
    [InlineData("/no/such/plan.json")]
    public void A_plan_that_cannot_be_read_is_refused(string plan) => Assert.Equal(2, Run(plan));

    [Fact]
    public void A_plan_is_replayed_as_text_and_from_a_file()
    {
        string plan = s_scenario.Write(s_scenario.DrawForSweep(1));
        Assert.Equal(0, Run(plan));
        using var directory = new TestDirectory();
        File.WriteAllText(directory.At("plan.json"), plan);
        Assert.Equal(0, Run(directory.At("plan.json")));
    }

    private static int Run(string plan) =>
        new CrashRunner<CrashPlan>(s_scenario, new CrashRequest(1, 1, plan, Sweep: false, Mutant: null, Lanes: 1, Timeline: 60, ShowsPlan: false, StopsAtFirst: false)).Run();
}
