using System.Globalization;

namespace Zurau.Simulation;

/// <summary>
/// A planted fault: a patch of the engine's sources that only the mutation run applies
/// and builds. The header of its file describes the fault and names the scenario or test
/// that must catch it.
/// </summary>
/// <param name="Name">The name of its file, without the extension.</param>
/// <param name="Breaks">A sentence that describes the fault.</param>
/// <param name="Catcher">What must catch it.</param>
/// <param name="FirstSeed">The seed that caught it when it was created; null for a
/// test.</param>
/// <param name="Patch">The change.</param>
internal sealed record MutantPatch(string Name, string Breaks, MutantCatcher Catcher, long? FirstSeed, SourcePatch Patch)
{
    /// <summary>The folder of the patches, relative to the repository.</summary>
    internal const string Folder = "simulation/Mutants/Patches";

    private const string BreaksField = "Breaks: ";
    private const string CaughtByField = "Caught-by: ";
    private const string FirstSeedField = "First-seed: ";

    /// <summary>Reads all patches in the order of their names.</summary>
    /// <exception cref="MutantException">A patch cannot be read.</exception>
    internal static IReadOnlyList<MutantPatch> ReadAll(string root) =>
        [.. Directory.GetFiles(Path.Combine(root, Folder), "*.patch").Order(StringComparer.Ordinal).Select(Read)];

    /// <exception cref="MutantException">The file is not a mutant.</exception>
    internal static MutantPatch Read(string path)
    {
        string name = Path.GetFileNameWithoutExtension(path);
        string[] lines = File.ReadAllText(path).Split('\n');
        string[] header = [.. lines.TakeWhile(static line => !line.StartsWith("diff ", StringComparison.Ordinal) && !line.StartsWith("--- ", StringComparison.Ordinal))];
        string? Field(string field) => Array.Find(header, line => line.StartsWith(field, StringComparison.Ordinal))?[field.Length..].Trim();
        try
        {
            string breaks = Field(BreaksField) is { Length: > 0 } text ? text : throw new MutantException($"its header has no '{BreaksField}' with a sentence");
            MutantCatcher catcher = MutantCatcher.Parse(Field(CaughtByField) ?? "");
            long? seed = long.TryParse(Field(FirstSeedField), CultureInfo.InvariantCulture, out long given) ? given : null;
            if (seed is null && !catcher.IsTest)
            {
                throw new MutantException($"its header has no '{FirstSeedField}' with the seed that caught it");
            }

            return new MutantPatch(name, breaks, catcher, seed, SourcePatch.Parse(lines[header.Length..]));
        }
        catch (MutantException exception)
        {
            throw new MutantException($"The mutant '{name}' cannot be read: {exception.Message}.");
        }
    }

    /// <summary>
    /// Applies it to the sources in a folder; returns the changed texts by path.
    /// </summary>
    /// <exception cref="MutantException">The sources have changed.</exception>
    internal Dictionary<string, string> Apply(string root)
    {
        try
        {
            return Patch.Apply(root);
        }
        catch (MutantException exception)
        {
            throw new MutantException($"The mutant '{Name}' can no longer be applied: {exception.Message}. Plant the same fault in the current sources, write 'git diff -U1 engine' below the header of {Folder}/{Name}.patch, revert the change, and run the command 'mutants --only {Name}' of the simulation.");
        }
    }
}
