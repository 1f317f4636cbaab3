using System.Text.RegularExpressions;

namespace Interop.Tests;

/// <summary>Reads what Kafka's dump tool printed.</summary>
internal static partial class Dump
{
    private static readonly string[] s_complaints =
        ["exception", "mismatch", "corrupt", "failed", "invalid", "found timestamp", "out of order", "isvalid: false", "not valid", "could not"];

    /// <summary>Lists the files below a data directory, in the order of their names.</summary>
    public static string[] Files(string directory, string pattern) =>
        [.. Directory.EnumerateFiles(directory, pattern, SearchOption.AllDirectories).Order()];

    /// <summary>
    /// The tool reports errors in the middle of its output and often exits with code 0.
    /// Records (lines with a bar) are data.
    /// </summary>
    public static void AssertNoComplaint(string dump) =>
        Assert.DoesNotContain(
            dump.Split('\n').Where(line => !line.StartsWith('|')),
            line => s_complaints.Any(complaint => line.Contains(complaint, StringComparison.OrdinalIgnoreCase)));

    /// <summary>Counts the records of every folder.</summary>
    public static IReadOnlyDictionary<string, int> CountRecords(string dump)
    {
        var counts = new Dictionary<string, int>();
        string folder = "";
        foreach (string line in dump.Split('\n'))
        {
            if (Dumping().Match(line) is { Success: true } match)
            {
                folder = Path.GetFileName(Path.GetDirectoryName(match.Groups["file"].Value))!;
            }
            else if (line.StartsWith("| offset:", StringComparison.Ordinal))
            {
                counts[folder] = counts.GetValueOrDefault(folder) + 1;
            }
        }

        return counts;
    }

    [GeneratedRegex("^Dumping (?<file>.+)$")]
    private static partial Regex Dumping();
}
