using Zurau.Simulation;
using Zurau.Testing.Simulation;

namespace Simulation.Tests.Crash;

/// <summary>
/// The scenario 'transactions': producers that survive the broker, fenced producers,
/// lost answers, read_committed readers, offsets, and crashes.
/// </summary>
public sealed class TransactionCrashTests
{
    private static readonly TransactionScenario s_scenario = new();

    public static TheoryData<string> Plans => CrashTests.PlansOf(s_scenario);

    // I1 I4 I6 I8 I9 T1 T2 T3 T4 T5 T6 T7 T8 T9 T13 T14 T15 L10 L15 K9 K15 W8 W9
    [Fact]
    public void Transactions_are_whole_after_any_crash() => CrashTests.KeepsEveryPromise(s_scenario, seeds: 1200);

    [Fact]
    public void Transactions_are_whole_after_a_crash_at_any_step_and_another_one_after_it() => CrashTests.KeepsEveryPromiseAtEveryStep(s_scenario, pairs: 200, every: 2);

    [Fact]
    public void A_seed_of_transactions_determines_the_run() => CrashTests.DeterminesTheRun(s_scenario);

    // Each found a bug once; README.md beside the folder describes it.
    [Theory]
    [MemberData(nameof(Plans))]
    public void A_plan_that_once_tore_a_transaction_keeps_it_whole(string name) => CrashTests.Keeps(s_scenario, name);
}
