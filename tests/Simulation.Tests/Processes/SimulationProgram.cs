namespace Simulation.Tests.Processes;

/// <summary>The simulation as it was built beside the tests: the program whose processes they kill and trace.</summary>
internal static class SimulationProgram
{
    /// <summary>Its assembly, of the configuration that the tests were built in.</summary>
    internal static string Assembly { get; } = Find();

    private static string Find()
    {
        // tests/Simulation.Tests/bin/<configuration>/<framework>/ ->
        // simulation/bin/<configuration>/<framework>/
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        string root = framework.Parent!.Parent!.Parent!.Parent!.Parent!.FullName;
        string assembly = Path.Combine(root, "simulation", "bin", framework.Parent!.Name, framework.Name, "Zurau.Simulation.dll");
        Assert.True(File.Exists(assembly), $"'{assembly}' was not built.");
        return assembly;
    }
}
