using Zurau.Simulation;
using Zurau.Testing.Simulation;

namespace Simulation.Tests.Crash;

/// <summary>
/// The scenario 'log': one topic's partitions under appends, fetches, deletions, faults
/// and crashes.
/// </summary>
public sealed class LogCrashTests
{
    private static readonly LogScenario s_scenario = new();

    public static TheoryData<string> Mutants => CrashTests.MutantsOf(s_scenario);

    public static TheoryData<string> Plans => CrashTests.PlansOf(s_scenario);

    // L1 L2 L3 L4 L5 L9 L10 L11 L12 K1 K2 K3 K6 K7 K8 K14 W1 W2 W3 W4 W5 W6 W7 W11 W13 W14
    // E1 E2 E3 E4 E6
    [Fact]
    public void Random_runs_with_faults_and_crashes_keep_every_promise() => CrashTests.KeepsEveryPromise(s_scenario, seeds: 3000);

    [Fact]
    public void A_crash_at_any_step_and_another_one_after_it_keep_every_promise() => CrashTests.KeepsEveryPromiseAtEveryStep(s_scenario, pairs: 300, every: 1);

    [Fact]
    public void A_seed_determines_the_run() => CrashTests.DeterminesTheRun(s_scenario);

    [Theory]
    [MemberData(nameof(Mutants))]
    public void A_planted_fault_is_caught(string name) => CrashTests.Catches(s_scenario, name);

    // Each found a bug once; README.md beside the folder describes it.
    [Theory]
    [MemberData(nameof(Plans))]
    public void A_plan_that_once_broke_a_promise_keeps_it(string name) => CrashTests.Keeps(s_scenario, name);
}
