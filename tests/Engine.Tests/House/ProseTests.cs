using System.Globalization;
using System.Text.RegularExpressions;

namespace Engine.Tests.House;

/// <summary>
/// Keeps the English plain: counts the banned phrases of each folder and compares them
/// with prose-counts.txt, whose numbers may only fall.
/// </summary>
public sealed partial class ProseTests
{
    private const string Counts = "tests/Engine.Tests/House/prose-counts.txt";
    private const int MostShown = 25;

    private static readonly string[] s_own = ["BannedPhrases.cs", "ProseTests.cs"];
    private static readonly string[] s_clean = ["README.md", "docs"];

    [Fact]
    public void Each_phrase_is_found_in_its_example() =>
        Offenders.AssertNone(BannedPhrases.All.Where(static phrase => !phrase.Find(phrase.Example).Any()).Select(static phrase => phrase.Example));

    [Fact]
    public void No_folder_has_more_banned_phrases_than_before()
    {
        ILookup<string, Hit> hits = Hits().ToLookup(static hit => hit.Folder);
        var allowed = File.ReadLines(Path.Combine(Repository.Root, Counts)).Select(static line => line.Split(' ')).ToDictionary(static line => line[0], static line => int.Parse(line[1], CultureInfo.InvariantCulture));
        string[] folders = [.. Sources().Select(FolderOf).Distinct().Order(StringComparer.Ordinal)];
        if (Environment.GetEnvironmentVariable("ZURAU_UPDATE") is not null)
        {
            // Lowers numbers; a higher one is a change that someone has to answer for in the file itself.
            File.WriteAllLines(Path.Combine(Repository.Root, Counts), folders.Select(folder => $"{folder} {Math.Min(hits[folder].Count(), allowed.GetValueOrDefault(folder, int.MaxValue))}"));
            return;
        }

        Offenders.AssertNone(folders.Where(folder => hits[folder].Count() > allowed.GetValueOrDefault(folder)).Select(folder =>
            $"{folder} has {hits[folder].Count()} banned phrases, {allowed.GetValueOrDefault(folder)} are allowed. Write the new ones differently; the most recently changed files have:\n"
            + string.Join('\n', hits[folder].OrderByDescending(static hit => hit.Changed).Take(MostShown).Select(static hit => $"  {hit.Place}: '{hit.Phrase}', write {hit.Instead}"))));
        Offenders.AssertNone(folders.Where(folder => hits[folder].Count() < allowed.GetValueOrDefault(folder)).Select(folder =>
            $"{folder} has only {hits[folder].Count()} banned phrases, {Counts} allows {allowed[folder]}. Run this test with ZURAU_UPDATE=1 to lower the number."));
        Assert.All(s_clean, folder => Assert.Equal(0, allowed[folder]));
    }

    private static IEnumerable<Hit> Hits() => Sources().SelectMany(static file =>
    {
        bool isCode = file.EndsWith(".cs", StringComparison.Ordinal);
        DateTime changed = File.GetLastWriteTimeUtc(file);
        string text = File.ReadAllText(file);
        return (isCode ? text : WithoutCode(text)).Split('\n').SelectMany((line, i) => BannedPhrases.All.SelectMany(phrase => phrase.Find(line)
            .Select(match => new Hit(FolderOf(file), $"{Repository.Relative(file)}:{i + 1}", match.Value, phrase.Instead, changed))));
    });

    // A recorded run is not text that anyone wrote.
    private static IEnumerable<string> Sources() => Repository.Files("", "*.cs").Concat(Repository.Files("", "*.md"))
        .Where(static file => !s_own.Contains(Path.GetFileName(file)) && !RecordedRun().IsMatch(Repository.Relative(file)));

    private static string FolderOf(string file)
    {
        string path = Repository.Relative(file);
        int slash = path.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? path : path[..slash];
    }

    // Keeps the numbers of the lines.
    private static string WithoutCode(string text) => Code().Replace(text, static code => new string('\n', code.Value.Count(static letter => letter == '\n')));

    private sealed record Hit(string Folder, string Place, string Phrase, string Instead, DateTime Changed);

    [GeneratedRegex(@"^```.*?^```|`[^`\n]*`|\]\([^)\n]*\)", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Code();

    [GeneratedRegex(@"^perf-results/[^/]+/")]
    private static partial Regex RecordedRun();
}
