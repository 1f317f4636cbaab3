using System.Text.RegularExpressions;
using Zurau;

namespace Engine.Tests.House;

/// <summary>
/// Generates the tables of docs/settings.md from the declarations of the settings and
/// compares them with the page. With ZURAU_UPDATE=1 it writes the page.
/// </summary>
public sealed partial class SettingsPageTests
{
    private static readonly string s_page = Path.Combine(Repository.Root, "docs", "settings.md");

    [Fact]
    public void The_page_is_generated_from_the_declarations()
    {
        string text = File.ReadAllText(s_page);
        string expected = Table().Replace(text, static table => $"{table.Groups["head"].Value}{Rows(table.Groups["scope"].Value)}");
        string[] scopes = [.. DeclaredSetting.All.Select(static setting => setting.Scope).Distinct()];
        Assert.Equal(scopes.Order(StringComparer.Ordinal), Table().Matches(text).Select(static table => table.Groups["scope"].Value).Order(StringComparer.Ordinal));
        if (Environment.GetEnvironmentVariable("ZURAU_UPDATE") is not null)
        {
            File.WriteAllText(s_page, expected);
        }

        Assert.True(expected == File.ReadAllText(s_page), $"docs/settings.md is not up to date: run this test with ZURAU_UPDATE=1.\n{FirstDifference(text, expected)}");
    }

    [Fact]
    public void Each_setting_is_documented_in_one_row()
    {
        Offenders.AssertNone(DeclaredSetting.All.Where(static setting => setting.Meaning.Length < 5 || setting.Meaning.Contains('|', StringComparison.Ordinal)).Select(static setting => $"{setting.Scope} {setting.Name}: '{setting.Meaning}' does not document it"));
        Assert.True(DeclaredSetting.All.Count > 100);
    }

    [Fact]
    public void Each_default_of_the_page_is_accepted_and_changes_nothing()
    {
        (string Section, string Scope)[] sections = [("Producer", "producer"), ("Consumer", "consumer"), ("Embedded", "broker"), ("Admin", "admin")];
        var options = new ZurauOptions();
        OptionsBinder.Bind(
            sections.SelectMany(static section => DeclaredSetting.All.Where(setting => setting.Scope == section.Scope && setting.Default is { Length: > 0 })
                .Select(setting => KeyValuePair.Create($"{section.Section}:{setting.Name}", setting.Default))),
            options);
        var plain = new ZurauOptions();
        Assert.Equal((plain.Producer, plain.Consumer, plain.Embedded, plain.Admin.AutoCreate), (options.Producer, options.Consumer, options.Embedded, options.Admin.AutoCreate));
    }

    private static string Rows(string scope) => string.Concat(DeclaredSetting.All.Where(setting => setting.Scope == scope)
        .OrderBy(setting => scope == DeclaredSetting.TopicScope ? setting.Name : "", StringComparer.Ordinal)
        .Select(static setting => $"| `{setting.Name}` | `{(setting.Default is "" ? "\"\"" : setting.Default ?? "–")}` | {setting.Expected} | {setting.Meaning}{(setting.Differs is null ? "" : $" {setting.Differs}")} |\n"));

    private static string FirstDifference(string actual, string expected) =>
        actual.Split('\n').Zip(expected.Split('\n')).Where(static lines => lines.First != lines.Second).Select(static lines => $"page:     {lines.First}\nexpected: {lines.Second}").FirstOrDefault("");

    [GeneratedRegex(@"(?<head><!-- settings of (?<scope>\w+) -->\n\| setting \| default \| accepts \| meaning \|\n\|---\|---\|---\|---\|\n)(?<rows>(?:\|[^\n]*\n)*)")]
    private static partial Regex Table();
}
