namespace Zurau.Harness.Mutants;

/// <summary>Finds the clone that a program was built from.</summary>
internal static class RepositoryRoot
{
    /// <summary>The folder above the program that has Engine.sln.</summary>
    /// <exception cref="InvalidOperationException">There is none: the program was moved away.</exception>
    internal static string Find()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "Engine.sln")))
        {
            directory = Path.GetDirectoryName(directory);
        }

        return directory ?? throw new InvalidOperationException($"There is no Engine.sln above {AppContext.BaseDirectory}; run the program from a clone of the repository.");
    }
}
