using Zurau.Simulation;
using Zurau.Testing.Simulation;

namespace Simulation.Tests.Crash;

/// <summary>
/// The scenario 'compaction': keyed records, tombstones and transactions, cleaned,
/// deleted and crashed.
/// </summary>
public sealed class CompactionCrashTests
{
    private static readonly CompactionScenario s_scenario = new();

    public static TheoryData<string> Plans => CrashTests.PlansOf(s_scenario);

    // C3 C7 C10 C13 K11 L13
    [Fact]
    public void Every_reader_ends_with_the_last_value_of_each_key_whatever_was_cleaned_and_crashed() => CrashTests.KeepsEveryPromise(s_scenario, seeds: 1200);

    [Fact]
    public void A_cleaning_crashed_at_any_step_and_again_in_recovery_leaves_the_log_before_or_after_it() => CrashTests.KeepsEveryPromiseAtEveryStep(s_scenario, pairs: 100, every: 2);

    [Fact]
    public void A_seed_of_compaction_determines_the_run() => CrashTests.DeterminesTheRun(s_scenario);

    // Each found a bug once; README.md beside the folder describes it.
    [Theory]
    [MemberData(nameof(Plans))]
    public void A_plan_that_once_broke_a_cleaned_log_keeps_it_whole(string name) => CrashTests.Keeps(s_scenario, name);
}
