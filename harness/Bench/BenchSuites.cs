using Zurau.Harness.Bench.Suites;

namespace Zurau.Harness.Bench;

internal static class BenchSuites
{
    internal const string AllName = "all";

    /// <summary>
    /// The name of the default suites: the most important figures, in under four minutes.
    /// </summary>
    internal const string DefaultName = "default";

    private static readonly string[] s_default = ["append", "fetch", "produce", "consume", "listener", "durable", "recovery"];

    /// <summary>Gets the suite of limits, which is measured before all others.</summary>
    internal static Suite Limits { get; } = LimitsSuite.Make();

    internal static IReadOnlyList<Suite> All { get; } =
    [
        MicroSuite.Make(),
        AppendSuite.Make(),
        FetchSuite.Make(),
        DurableSuite.Make(),
        RecoverySuite.Make(),
        ProduceSuite.Make(),
        CodecsSuite.Make(),
        ConsumeSuite.Make(),
        ListenerSuite.Make(),
        TransactionsSuite.Make(),
        CompactionSuite.Make(),
        PartitionsSuite.Make(),
        ScaleSuite.Make(),
        TuningSuite.Make(),
        BackpressureSuite.Make(),
    ];

    internal static string Names => string.Join(", ", [.. All.Select(static suite => suite.Name), AllName, DefaultName]);

    /// <summary>
    /// Returns the suites of a name, with the cases whose title contains a text; empty
    /// for none.
    /// </summary>
    internal static IReadOnlyList<Suite> Find(string name, string only) =>
    [
        .. All.Where(suite => name == AllName || suite.Name == name || (name == DefaultName && s_default.Contains(suite.Name)))
            .Select(suite => suite with { Cases = [.. suite.Cases.Where(one => one.Title.Contains(only, StringComparison.OrdinalIgnoreCase))] })
            .Where(static suite => suite.Cases.Count > 0),
    ];
}
