namespace Zurau.Simulation;

/// <summary>Finds the clone of the repository from which a program was built.</summary>
internal static class RepositoryRoot
{
    /// <summary>Returns the folder above the program that contains Engine.sln.</summary>
    /// <exception cref="InvalidOperationException">It does not exist: the program was
    /// moved.</exception>
    internal static string Find()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "Engine.sln")))
        {
            directory = Path.GetDirectoryName(directory);
        }

        return directory ?? throw new InvalidOperationException($"No folder above '{AppContext.BaseDirectory}' contains Engine.sln. Run the program from a clone of the repository.");
    }
}
