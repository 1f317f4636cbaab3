namespace Simulation.Tests.Processes;

/// <summary>The harness as it was built beside the tests.</summary>
internal static class HarnessProcess
{
    /// <summary>Its assembly, of the configuration that the tests were built in.</summary>
    internal static string Assembly { get; } = Find();

    private static string Find()
    {
        // tests/Simulation.Tests/bin/<configuration>/<framework>/ ->
        // harness/bin/<configuration>/<framework>/
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        string root = framework.Parent!.Parent!.Parent!.Parent!.Parent!.FullName;
        string assembly = Path.Combine(root, "harness", "bin", framework.Parent!.Name, framework.Name, "Harness.dll");
        Assert.True(File.Exists(assembly), $"'{assembly}' was not built.");
        return assembly;
    }
}
