using System.Text.RegularExpressions;

namespace Engine.Tests.House;

/// <summary>Holds the README to what is there.</summary>
public sealed partial class ReadmeTests
{
    private static readonly string s_readme = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));

    [Fact]
    public void Every_snippet_stands_in_the_sample_that_it_names()
    {
        Match[] snippets = [.. Snippet().Matches(s_readme).Cast<Match>()];

        Assert.NotEmpty(snippets);
        Assert.Equal(s_readme.Split("```csharp").Length - 1, snippets.Length);
        Assert.All(snippets, snippet =>
            Assert.Contains(
                WithoutIndent(snippet.Groups["code"].Value),
                WithoutIndent(File.ReadAllText(Path.Combine(Repository.Root, snippet.Groups["file"].Value))),
                StringComparison.Ordinal));
    }

    [Fact]
    public void Every_folder_of_the_map_exists()
    {
        string[] folders = [.. Folder().Matches(s_readme).Select(match => match.Groups["folder"].Value)];

        Assert.Contains("engine/", folders);
        Assert.All(folders, folder => Assert.True(Directory.Exists(Path.Combine(Repository.Root, folder)), folder));
    }

    [Fact]
    public void Every_link_leads_to_a_file() =>
        Assert.All(
            Link().Matches(s_readme).Select(match => match.Groups["file"].Value),
            file => Assert.True(File.Exists(Path.Combine(Repository.Root, file)), file));

    /// <summary>A snippet is shown without the indentation that its place in the file gives it.</summary>
    private static string WithoutIndent(string text) => string.Join('\n', text.Trim('\n').Split('\n').Select(line => line.TrimStart()));

    [GeneratedRegex(@"<!-- from (?<file>\S+) -->\n```csharp\n(?<code>.*?)\n```", RegexOptions.Singleline)]
    private static partial Regex Snippet();

    [GeneratedRegex(@"^\| `(?<folder>[a-z]+/)` \|", RegexOptions.Multiline)]
    private static partial Regex Folder();

    [GeneratedRegex(@"\]\((?<file>[^)#:]+)\)")]
    private static partial Regex Link();
}
