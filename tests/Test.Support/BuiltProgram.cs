namespace Zurau.Tests;

/// <summary>
/// Finds the programs of the repository that were built with the tests, in the same
/// configuration.
/// </summary>
internal static class BuiltProgram
{
    // tests/<project>/bin/<configuration>/<framework>/
    private static readonly DirectoryInfo s_framework = new(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));

    /// <summary>The command that runs an assembly.</summary>
    internal static string Host { get; } = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    /// <summary>The configuration that the tests were built in.</summary>
    internal static string Configuration { get; } = s_framework.Parent!.Name;

    /// <summary>The benchmarks.</summary>
    internal static string Harness => Find("harness", "Harness");

    /// <summary>The crash runs, whose processes are killed and traced.</summary>
    internal static string Simulation => Find("simulation", "Zurau.Simulation");

    /// <summary>The command line.</summary>
    internal static string Tool => Find("tool", "Zurau.Tool");

    internal static string Sample(string name) => Find(Path.Combine("samples", name), name);

    private static string Find(string folder, string assembly)
    {
        string path = Path.Combine(Repository.Root, folder, "bin", Configuration, s_framework.Name, assembly + ".dll");
        Assert.True(File.Exists(path), $"'{path}' was not built.");
        return path;
    }
}
