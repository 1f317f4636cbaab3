using System.Collections;
using System.Globalization;
using System.Text.RegularExpressions;
using Zurau;
using Zurau.Engine.Log;
using Zurau.Engine.Topics;

namespace Engine.Tests.House;

/// <summary>
/// Compares the tables of docs/settings.md with the settings that the binder accepts and with their defaults. The column "meaning" is
/// written manually. With ZURAU_UPDATE=1 it writes names and defaults into the page and keeps the meanings.
/// </summary>
public sealed partial class SettingsPageTests
{
    private const string Unknown = "qqqqqqqq"; // No setting is similar to it, so the binder lists all.

    private static readonly string s_page = Path.Combine(Repository.Root, "docs", "settings.md");

    [Fact]
    public void The_page_lists_each_setting_with_its_default()
    {
        string text = File.ReadAllText(s_page);
        string expected = Table().Replace(text, static table => $"{table.Groups["head"].Value}{Write(table.Groups["name"].Value, table.Groups["rows"].Value)}");
        Assert.Equal(["Kafka", "Kafka:Admin", "Kafka:Consumer", "Kafka:Embedded", "Kafka:Listener", "Kafka:Producer", "Kafka:Topics", "topic"], Table().Matches(text).Select(static table => table.Groups["name"].Value).Order(StringComparer.Ordinal));
        if (Environment.GetEnvironmentVariable("ZURAU_UPDATE") is not null)
        {
            File.WriteAllText(s_page, expected);
        }

        Assert.True(expected == File.ReadAllText(s_page), $"docs/settings.md is not up to date: run this test with ZURAU_UPDATE=1, then write the meaning of new rows.\n{FirstDifference(text, expected)}");
        Offenders.AssertNone(Row().Matches(expected).Where(static row => row.Groups["meaning"].Value.Trim().Length == 0).Select(static row => $"{row.Groups["name"].Value} has no meaning"));
    }

    [Fact]
    public void Each_default_of_the_page_is_accepted_and_changes_nothing()
    {
        string[] settings = [.. Table().Matches(File.ReadAllText(s_page)).Where(static table => table.Groups["name"].Value.StartsWith("Kafka:", StringComparison.Ordinal) && table.Groups["name"].Value != "Kafka:Topics")
            .SelectMany(static table => Row().Matches(table.Groups["rows"].Value).Select(row => (Key: $"{table.Groups["name"].Value["Kafka:".Length..]}:{row.Groups["name"].Value}", Value: row.Groups["default"].Value)))
            .Where(static setting => setting.Value is not "–" and not "\"\"")
            .Select(static setting => $"{setting.Key}={setting.Value}")];
        var options = new ZurauOptions();
        OptionsBinder.Bind(settings.Select(static setting => KeyValuePair.Create(setting.Split('=')[0], (string?)setting.Split('=')[1])), options);
        Assert.Equal(new ZurauOptions().Producer, options.Producer);
        Assert.Equal(new ZurauOptions().Consumer, options.Consumer);
        Assert.Equal(Values(new EmbeddedOptions()), Values(options.Embedded));
    }

    private static string Write(string section, string rows)
    {
        var meanings = Row().Matches(rows).ToDictionary(static row => row.Groups["name"].Value, static row => row.Groups["meaning"].Value.Trim());
        return string.Concat((section == "topic" ? TopicSettings() : Settings(section)).Select(setting => $"| `{setting.Name}` | `{setting.Default}` | {meanings.GetValueOrDefault(setting.Name, "")} |\n"));
    }

    private static IEnumerable<(string Name, string Default)> TopicSettings() =>
        TopicConfig.Describe(new LogSettings(), new Dictionary<string, string>()).Select(static entry => (entry.Name, entry.Value));

    private static IEnumerable<(string Name, string Default)> Settings(string section)
    {
        string path = section switch
        {
            "Kafka" => Unknown,
            "Kafka:Topics" => $"Topics:0:{Unknown}",
            _ => $"{section["Kafka:".Length..]}:{Unknown}",
        };
        object defaults = section switch
        {
            "Kafka" => new ZurauOptions(),
            "Kafka:Producer" => new ProducerOptions(),
            "Kafka:Consumer" => new ConsumerOptions(),
            "Kafka:Listener" => new ListenerOptions(),
            "Kafka:Embedded" => new EmbeddedOptions(),
            "Kafka:Admin" => new AdminOptions(),
            "Kafka:Topics" => new TopicOptions(),
            _ => throw new InvalidOperationException($"docs/settings.md has a table '{section}', which is not known here."),
        };
        ConfigurationException refused = Assert.Throws<ConfigurationException>(() => OptionsBinder.Bind([KeyValuePair.Create(path, (string?)"x")], new ZurauOptions()));
        Dictionary<string, string> values = Values(defaults);
        return refused.Message[(refused.Message.IndexOf("known here: ", StringComparison.Ordinal) + "known here: ".Length)..].Split(", ")
            .Where(static name => char.IsLower(name[0])) // Not the sections.
            .Select(name => (name, values.GetValueOrDefault(name.Replace(".", "", StringComparison.Ordinal), "–")));
    }

    /// <summary>The values of an options object by the names of its properties in lower case; those without a simple value are left out.</summary>
    private static Dictionary<string, string> Values(object options) => options.GetType().GetProperties()
        .Select(property => (Name: property.Name.ToLowerInvariant(), Text: Text(property.GetValue(options))))
        .Where(static property => property.Text is not null)
        .ToDictionary(static property => property.Name, static property => property.Text!);

    private static string? Text(object? value) => value switch
    {
        null => null,
        "" => "\"\"",
        string text => text,
        bool flag => flag ? "true" : "false",
        TimestampType type => type.ToString(),
        Enum choice => Word().Replace(choice.ToString(), static word => (word.Index == 0 ? "" : "_") + word.Value.ToLowerInvariant()),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        IEnumerable => null,
        _ => null,
    };

    private static string FirstDifference(string actual, string expected) =>
        actual.Split('\n').Zip(expected.Split('\n')).Where(static lines => lines.First != lines.Second).Select(static lines => $"page:     {lines.First}\nexpected: {lines.Second}").FirstOrDefault("");

    [GeneratedRegex(@"(?<head><!-- settings of (?<name>[\w:]+) -->\n\| setting \| default \| meaning \|\n\|---\|---\|---\|\n)(?<rows>(?:\|[^\n]*\n)*)")]
    private static partial Regex Table();

    [GeneratedRegex(@"^\| `(?<name>[^`]+)` \| `(?<default>[^`]*)` \|(?<meaning>.*)\|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("[A-Z][a-z0-9]*")]
    private static partial Regex Word();
}
