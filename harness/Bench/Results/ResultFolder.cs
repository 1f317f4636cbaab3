using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Zurau.Harness.Bench.Charts;

namespace Zurau.Harness.Bench.Results;

/// <summary>
/// Writes a run to a new folder: <c>result.json</c> for programs, <c>summary.md</c> for
/// readers.
/// </summary>
internal static class ResultFolder
{
    private const string LatestBegin = "<!-- latest: written by the harness -->";
    private const string LatestEnd = "<!-- /latest -->";

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        RespectRequiredConstructorParameters = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes the run and returns its folder.</summary>
    internal static string Write(string root, BenchResult result, DateTimeOffset now)
    {
        string commit = result.Header.Commit.Length == 7 ? result.Header.Commit : "0000000";
        string name = $"{now.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)}-{commit}";
        string folder = Path.Combine(root, name);
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "result.json"), JsonSerializer.Serialize(result, s_json) + "\n");
        File.WriteAllText(Path.Combine(folder, "summary.md"), SummaryWriter.Write(result, ChartFolder.Write(folder, result.Rows)));
        return folder;
    }

    /// <summary>Reads a run that was written before.</summary>
    /// <param name="folder">The folder of the run, or its <c>result.json</c>.</param>
    /// <exception cref="InvalidDataException">The folder does not contain the result of a
    /// run.</exception>
    internal static BenchResult Read(string folder)
    {
        string path = File.Exists(folder) ? folder : Path.Combine(folder, "result.json");
        try
        {
            return JsonSerializer.Deserialize<BenchResult>(File.ReadAllText(path), s_json) ?? throw new JsonException("it is empty");
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"'{folder}' does not contain the result of a run ({exception.Message}). Use a folder of perf-results.", exception);
        }
    }

    /// <summary>
    /// Updates the link to the latest run in the README of the results, if it exists.
    /// </summary>
    internal static void LinkLatest(string root, string folder, RunHeader header)
    {
        string guide = Path.Combine(root, "README.md");
        string text = File.Exists(guide) ? File.ReadAllText(guide) : "";
        int begin = text.IndexOf(LatestBegin, StringComparison.Ordinal);
        int end = text.IndexOf(LatestEnd, StringComparison.Ordinal);
        if (begin >= 0 && end > begin)
        {
            string name = Path.GetFileName(folder);
            string link = $"{LatestBegin}\nThe latest run: [{name}]({name}/summary.md) ({header.Size}; {header.Suites}).\n";
            File.WriteAllText(guide, text[..begin] + link + text[end..]);
        }
    }
}
