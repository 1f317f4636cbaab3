using Zurau.Harness.Bench.Suites;

namespace Zurau.Harness.Bench;

/// <summary>The suites there are. A new suite is one line here.</summary>
internal static class BenchSuites
{
    internal const string AllName = "all";

    /// <summary>Measured before whatever is asked for.</summary>
    internal static Suite Limits { get; } = LimitsSuite.Make();

    internal static IReadOnlyList<Suite> All { get; } =
    [
        AppendSuite.Make(),
        FetchSuite.Make(),
        DurableSuite.Make(),
        RecoverySuite.Make(),
    ];

    internal static string Names => string.Join(", ", [.. All.Select(static suite => suite.Name), AllName]);

    /// <summary>Finds what a name asks for; empty where there is no such suite.</summary>
    internal static IReadOnlyList<Suite> Find(string name) => name == AllName ? All : [.. All.Where(suite => suite.Name == name)];
}
