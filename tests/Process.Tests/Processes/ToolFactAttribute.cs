using System.Runtime.CompilerServices;

namespace ProcessTests.Processes;

/// <summary>
/// A test that needs an installed program; skipped with a reason if it is missing.
/// </summary>
public sealed class ToolFactAttribute : FactAttribute
{
    public ToolFactAttribute(string tool, [CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        bool isThere = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, tool)));
        if (!isThere)
        {
            Skip = $"not run: {tool} is not installed";
        }
    }
}
