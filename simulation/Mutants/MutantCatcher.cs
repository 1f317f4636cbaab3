namespace Zurau.Simulation;

/// <summary>What must catch a mutant.</summary>
/// <param name="IsTest">True for a test of Engine.Tests, false for a scenario of the
/// simulator.</param>
/// <param name="Name">The method or class of the test, or the scenario.</param>
internal sealed record MutantCatcher(bool IsTest, string Name)
{
    private const string Scenario = "scenario ";
    private const string Test = "test ";

    /// <exception cref="MutantException">The text is neither a scenario nor a
    /// test.</exception>
    internal static MutantCatcher Parse(string text) =>
        text.StartsWith(Scenario, StringComparison.Ordinal) ? new MutantCatcher(false, text[Scenario.Length..])
        : text.StartsWith(Test, StringComparison.Ordinal) ? new MutantCatcher(true, text[Test.Length..])
        : throw new MutantException("its header has no 'Caught-by: scenario NAME' or 'Caught-by: test CLASS.METHOD'");

    public override string ToString() => IsTest ? $"test `{Name}`" : $"scenario `{Name}`";
}
