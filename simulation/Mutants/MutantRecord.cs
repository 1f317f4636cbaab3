using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Zurau.Simulation;

/// <summary>
/// The record of mutation runs: one row per mutant, from the last run that included it.
/// </summary>
internal static partial class MutantRecord
{
    private const int LongestFinding = 160;

    /// <summary>
    /// Writes the rows of a run; keeps the rows of other existing mutants.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="results">The results of the run.</param>
    /// <param name="mutants">All mutants.</param>
    /// <param name="commit">The commit that was checked out.</param>
    /// <param name="seeds">The maximum number of seeds per mutant.</param>
    internal static void Write(string path, IEnumerable<MutantResult> results, IEnumerable<MutantPatch> mutants, string commit, int seeds)
    {
        Dictionary<string, string> rows = results.ToDictionary(static result => result.Mutant.Name, result => Row(result, commit), StringComparer.Ordinal);
        foreach (Match known in File.Exists(path) ? KnownRow().Matches(File.ReadAllText(path)).ToArray() : [])
        {
            rows.TryAdd(known.Groups[1].Value, known.Value);
        }

        string[] kept = [.. mutants.Select(static mutant => mutant.Name).Where(rows.ContainsKey).Select(name => rows[name])];
        var text = new StringBuilder();
        text.AppendLine("# Planted faults and what catches them").AppendLine()
            .AppendLine(CultureInfo.InvariantCulture, $"Written by `dotnet run -c Release --project simulation -- mutants --record tests/MUTANTS.md`: at most {seeds:N0} seeds of the named scenario, counted from 1.")
            .AppendLine("Each mutant is a patch in [simulation/Mutants](../simulation/Mutants/README.md). A catch counts only if the same seed or test finds nothing in the")
            .AppendLine("engine without the mutant. The commit is the one that was checked out; the mutant itself may be newer.").AppendLine()
            .AppendLine(CultureInfo.InvariantCulture, $"{kept.Count(static row => !row.Contains("SURVIVED", StringComparison.Ordinal))} of {kept.Length} caught.").AppendLine()
            .AppendLine("| mutant | what it breaks | caught by | seed | commit | found |")
            .AppendLine("|---|---|---|---|---|---|");
        Array.ForEach(kept, row => text.AppendLine(row));
        File.WriteAllText(path, text.ToString().ReplaceLineEndings("\n"));
    }

    private static string Row(MutantResult result, string commit)
    {
        string seed = result.Seed?.ToString(CultureInfo.InvariantCulture) ?? "";
        // A damaged file is quoted with its bytes.
        string message = string.Concat(result.Message.Split('\n')[0].Where(static letter => !char.IsControl(letter))).Replace('|', '/').Trim();
        message = message.Length <= LongestFinding ? message : message[..(LongestFinding - 3)] + "...";
        return $"| `{result.Mutant.Name}` | {result.Mutant.Breaks} | {result.Mutant.Catcher} | {seed} | {commit} | {(result.IsCaught ? message : $"**SURVIVED** {message}")} |";
    }

    [GeneratedRegex("^\\| `([^`]+)` \\|.*$", RegexOptions.Multiline)]
    private static partial Regex KnownRow();
}
