namespace Zurau.Harness.Mutants;

/// <summary>What catches a mutant.</summary>
/// <param name="IsTest">A test of Engine.Tests; otherwise a scenario of the simulator.</param>
/// <param name="Name">The test's method or class, or the scenario.</param>
internal sealed record MutantCatcher(bool IsTest, string Name)
{
    private const string Scenario = "scenario ";
    private const string Test = "test ";

    /// <exception cref="MutantException">It is neither a scenario nor a test.</exception>
    internal static MutantCatcher Parse(string text) =>
        text.StartsWith(Scenario, StringComparison.Ordinal) ? new MutantCatcher(false, text[Scenario.Length..])
        : text.StartsWith(Test, StringComparison.Ordinal) ? new MutantCatcher(true, text[Test.Length..])
        : throw new MutantException("its header has no 'Caught-by: scenario NAME' or 'Caught-by: test CLASS.METHOD'");

    public override string ToString() => IsTest ? $"test `{Name}`" : $"scenario `{Name}`";
}
