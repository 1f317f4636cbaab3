using Zurau.Simulation;
using Zurau.Testing.Simulation;

namespace Simulation.Tests.Crash;

/// <summary>
/// The scenario 'topics': topics that come and go under producers and consumers, with
/// retention, rolls by time and compression.
/// </summary>
public sealed class TopicsCrashTests
{
    private static readonly TopicsScenario s_scenario = new();

    public static TheoryData<string> Plans => CrashTests.PlansOf(s_scenario);

    // L4 L10 L13 L14 I1 I5 I9 C11 C12 C13 G3 G14 K2 W1 E1 E4 E6
    [Fact]
    public void Topics_that_come_and_go_share_nothing_and_lose_nothing() => CrashTests.KeepsEveryPromise(s_scenario, seeds: 1000);

    [Fact]
    public void A_topic_created_deleted_and_created_again_is_whole_after_a_crash_at_any_step_and_another_one_after_it() => CrashTests.KeepsEveryPromiseAtEveryStep(s_scenario, pairs: 100, every: 2);

    [Fact]
    public void A_seed_of_topics_gives_the_same_run() => CrashTests.DeterminesTheRun(s_scenario);

    // Each found a bug once; README.md beside the folder describes it.
    [Theory]
    [MemberData(nameof(Plans))]
    public void A_plan_that_once_failed_keeps_every_promise(string name) => CrashTests.Keeps(s_scenario, name);
}
