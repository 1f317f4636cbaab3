using System.Text.RegularExpressions;

namespace Engine.Tests.House;

/// <summary>Compares README, docs/ and the packages' pages with the repository.</summary>
public sealed partial class DocumentationTests
{
    private const int MaxReadmeBytes = 7 * 1024;

    private static readonly string s_readme = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));

    [Fact]
    public void Each_csharp_block_occurs_in_a_source_that_is_compiled()
    {
        string[] sources = [.. Repository.Files("samples", "*.cs").Concat(Repository.Files("tests", "*.cs")).Select(static file => Normalize(File.ReadAllText(file)))];
        (string Page, string Code)[] blocks = [.. Pages().SelectMany(static page => Block().Matches(File.ReadAllText(page)).Select(block => (Repository.Relative(page), block.Groups["code"].Value)))];
        Assert.Contains(blocks, static block => block.Page == "README.md");
        Offenders.AssertNone(blocks
            .Where(block => !Array.Exists(sources, source => source.Contains(Normalize(block.Code), StringComparison.Ordinal)))
            .Select(static block => $"{block.Page}: no file in samples/ or tests/ contains the block that begins with '{block.Code.TrimStart().Split('\n')[0]}'"));
    }

    [Fact]
    public void Each_relative_link_leads_to_a_file_and_to_a_heading_in_it() =>
        Offenders.AssertNone(Repository.Files("", "*.md").SelectMany(static page => Link().Matches(WithoutCode(File.ReadAllText(page)))
            .Select(static match => match.Groups["target"].Value)
            .Where(static target => !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith("mailto:", StringComparison.Ordinal))
            .Where(target => !Exists(page, target))
            .Select(target => $"{Repository.Relative(page)}: '{target}' does not exist")));

    [Fact]
    public void Each_file_folder_and_project_that_a_page_names_exists()
    {
        (string Page, string Text)[] pages = [.. Repository.Files("", "*.md").Select(static page => (Repository.Relative(page), File.ReadAllText(page))).Where(static page => !page.Item1.StartsWith("perf-results/", StringComparison.Ordinal))];
        Assert.Contains(pages, static page => NamedProject().IsMatch(page.Text));
        Offenders.AssertNone(pages.SelectMany(static page => NamedPath().Matches(page.Text).Select(static path => path.Value)
            .Where(static path => !path.Split('/').Any(static part => Placeholder().IsMatch(part)) && !Path.Exists(Path.Combine(Repository.Root, path)))
            .Select(path => $"{page.Page}: '{path}' does not exist")));
        Offenders.AssertNone(pages.SelectMany(static page => NamedProject().Matches(page.Text).Select(static project => project.Groups["folder"].Value)
            .Where(static folder => !Directory.Exists(Path.Combine(Repository.Root, folder)) || Directory.GetFiles(Path.Combine(Repository.Root, folder), "*.csproj").Length != 1)
            .Select(folder => $"{page.Page}: '--project {folder}' is not the folder of a project")));
        Offenders.AssertNone(EngineSource().Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs", "file-format.md")))
            .Select(static source => source.Groups["path"].Value)
            .Where(static path => !Directory.GetFiles(Path.Combine(Repository.Root, "engine", Path.GetDirectoryName(path)!), Path.GetFileName(path)).Any())
            .Select(static path => $"docs/file-format.md: 'engine/{path}' does not exist"));
    }

    [Fact]
    public void The_readme_is_short_and_begins_with_the_two_commands_that_show_the_project()
    {
        Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(s_readme), 1, MaxReadmeBytes);
        Assert.Equal("dotnet run -c Release --project samples/Orders\ndotnet test Engine.sln", s_readme.Split("```\n")[1].Trim());
    }

    [Fact]
    public void Each_figure_of_the_readme_is_on_the_performance_page()
    {
        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "performance.md"));
        string[] figures = [.. Figure().Matches(s_readme[s_readme.IndexOf("## Performance", StringComparison.Ordinal)..]).Select(static match => match.Value)];
        Assert.NotEmpty(figures);
        Assert.All(figures, figure => Assert.Contains(figure, page, StringComparison.Ordinal));
    }

    [Fact]
    public void Each_folder_of_the_map_exists_and_each_folder_is_in_the_map()
    {
        IEnumerable<string> mapped = Folder().Matches(s_readme).Select(static match => match.Groups["folder"].Value);
        IEnumerable<string> actual = Repository.Files("", "*.*").Select(Repository.Relative).Where(static file => file.Contains('/', StringComparison.Ordinal) && file[0] != '.').Select(static file => file[..(file.IndexOf('/', StringComparison.Ordinal) + 1)]).Distinct();
        Assert.Equal(actual.Order(StringComparer.Ordinal), mapped.Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> Pages() =>
        Repository.Files("docs", "*.md").Concat(((string[])["README.md", "client/README.md", "engine/README.md", "testkit/README.md"]).Select(static file => Path.Combine(Repository.Root, file)));

    private static bool Exists(string page, string target)
    {
        string[] parts = target.Split('#', 2);
        string file = parts[0].Length == 0 ? page : Path.Combine(Path.GetDirectoryName(page)!, parts[0]);
        return parts.Length == 1
            ? File.Exists(file) || Directory.Exists(file)
            : File.Exists(file) && Heading().Matches(WithoutBlocks(File.ReadAllText(file))).Any(heading => Anchor(heading.Groups["text"].Value) == parts[1]);
    }

    // As GitHub makes it: lower case, no punctuation, a hyphen for each space.
    private static string Anchor(string heading) =>
        string.Concat(heading.Trim().ToLowerInvariant().Where(static letter => char.IsLetterOrDigit(letter) || letter is ' ' or '-' or '_')).Replace(' ', '-');

    /// <summary>Lines without their indentation and without empty ones.</summary>
    private static string Normalize(string text) => string.Join('\n', text.Split('\n').Select(static line => line.Trim()).Where(static line => line.Length > 0));

    private static string WithoutBlocks(string text) => Fence().Replace(text, "");

    private static string WithoutCode(string text) => CodeSpan().Replace(WithoutBlocks(text), "");

    [GeneratedRegex(@"^```csharp\n(?<code>.*?)\n```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"`[^`\n]*`")]
    private static partial Regex CodeSpan();

    [GeneratedRegex(@"^\| `(?<folder>[a-z-]+/)` \|", RegexOptions.Multiline)]
    private static partial Regex Folder();

    [GeneratedRegex(@"(?<![\w/.}-])(?:engine|client|generators|harness|testkit|simulation|tool|tests|samples|docs)/[\w./-]*\w")]
    private static partial Regex NamedPath();

    [GeneratedRegex(@"^[A-Z]+(\.json)?$")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"--project (?<folder>[\w./-]+)")]
    private static partial Regex NamedProject();

    [GeneratedRegex(@"`(?<path>[A-Z]\w+/[\w/*]+\.cs)`")]
    private static partial Regex EngineSource();

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"\d+ of \d+ targets|\d[\d.]* (?:M|k|×|µs)")]
    private static partial Regex Figure();

    [GeneratedRegex(@"^#+ (?<text>.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();
}
