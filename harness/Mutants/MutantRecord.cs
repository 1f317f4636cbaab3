using System.Globalization;
using System.Text;

namespace Zurau.Harness.Mutants;

/// <summary>Writes the record of a mutation run.</summary>
internal static class MutantRecord
{
    internal static string Write(IReadOnlyList<MutantResult> results, string commit, int seeds)
    {
        var text = new StringBuilder();
        CultureInfo culture = CultureInfo.InvariantCulture;
        text.AppendLine("# Planted faults and what catches them").AppendLine()
            .AppendLine(culture, $"Written by `dotnet run -c Release --project harness -- mutants --record tests/MUTANTS.md` at commit {commit}: at most {seeds:N0} seeds of the named")
            .AppendLine("scenario, counted from 1. Each mutant is a patch in [Simulation.Tests/Mutants](Simulation.Tests/Mutants/README.md). A catch counts only if the same seed")
            .AppendLine("or test finds nothing in the engine without the mutant.").AppendLine()
            .AppendLine(culture, $"{results.Count(static result => result.IsCaught)} of {results.Count} caught.").AppendLine()
            .AppendLine("| mutant | what it breaks | caught by | first seed | found |")
            .AppendLine("|---|---|---|---|---|");
        foreach (MutantResult result in results)
        {
            string seed = result.Seed is { } known ? known.ToString(culture) : "";
            text.AppendLine(culture, $"| `{result.Mutant.Name}` | {result.Mutant.Breaks} | {result.Mutant.Catcher} | {seed} | {(result.IsCaught ? Short(result.Said) : "**SURVIVED** " + Short(result.Said))} |");
        }

        return text.ToString().ReplaceLineEndings("\n");
    }

    private static string Short(string said)
    {
        string line = said.Replace('|', '/').Split('\n')[0].Trim();
        return line.Length <= 160 ? line : line[..157] + "...";
    }
}
