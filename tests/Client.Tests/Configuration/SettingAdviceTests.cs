using System.Globalization;
using System.Text.RegularExpressions;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common.Settings;

namespace Client.Tests.Configuration;

/// <summary>Follows the advice of messages about settings: every value that they name is accepted.</summary>
public sealed class SettingAdviceTests // N9
{
    private const string Or = "(?:, or (?<or>-?\\d+) .*)?$";

    [Fact]
    public void Every_value_that_a_message_expects_is_accepted() => Assert.InRange(
        Follow(ZurauOptions.Settings) + Follow(ProducerOptions.Settings) + Follow(ConsumerOptions.Settings) + Follow(ListenerOptions.Settings)
            + Follow(TopicOptions.Settings) + Follow(AdminOptions.Settings) + Follow(BrokerOptions.Settings),
        150,
        int.MaxValue);

    [Theory]
    [InlineData("bootstrap.servers=", "write (\\S+), or")]
    [InlineData("bootstrap.servers=", ", or (\\S+) for tests")]
    [InlineData("Producer:transactional.id=", "name the producer")]
    [InlineData("Producer:transactional.id=", "leave it out")]
    [InlineData("Consumer:group.id=", "name the group")]
    [InlineData("Consumer:group.id=", "leave it out")]
    [InlineData("Listeners:billing:group.id=", "name the group")]
    [InlineData("Listeners:billing:group.id=", "leave it out")]
    [InlineData("Listeners:billing:dead.letter.suffix=", "; ([-\\w]+) is the default|(-dlt) is the default")]
    public void An_empty_setting_is_named_or_left_out(string setting, string advice)
    {
        Dictionary<string, string?> settings = Parse(setting);
        string name = settings.Keys.Single();
        Match match = Regex.Match(Assert.Single(Problems(settings)), advice);
        Assert.True(match.Success, advice);
        string value = match.Groups.Values.Skip(1).LastOrDefault(static group => group.Success)?.Value ?? "billing";
        settings[name] = advice == "leave it out" ? null : value;
        Assert.Empty(Problems(settings));
    }

    [Theory]
    [InlineData("Producer:linger.ms=10;Producer:delivery.timeout.ms=5", 1)]
    [InlineData("Producer:batch.size=2000;Producer:buffer.memory=1000", 1)]
    [InlineData("Producer:transactional.id=billing;Producer:transaction.timeout.ms=7;Embedded:transaction.max.timeout.ms=6", 1)]
    [InlineData("Producer:transactional.id=billing;Producer:enable.idempotence=false", 1)]
    [InlineData("Producer:transactional.id=billing;Producer:acks=1", 1)]
    [InlineData("Producer:transactional.id=billing;Producer:acks=0;Producer:retries=0;Producer:enable.idempotence=false", 3)]
    [InlineData("Producer:enable.idempotence=true;Producer:acks=1", 1)]
    [InlineData("Producer:enable.idempotence=true;Producer:retries=0", 1)]
    [InlineData("Producer:enable.idempotence=true;Producer:max.in.flight.requests.per.connection=6", 1)]
    [InlineData("Producer:max.in.flight.requests.per.connection=6", 1)]
    [InlineData("Embedded:log.cleaner.min.compaction.lag.ms=9;Embedded:log.cleaner.max.compaction.lag.ms=8", 1)]
    public void Settings_that_contradict_each_other_are_accepted_after_the_advice_of_each_message(string refused, int messages)
    {
        Dictionary<string, string?> settings = Parse(refused);
        for (int i = 0; i < messages; i++)
        {
            string[] problems = Problems(settings);
            Assert.NotEmpty(problems);
            Follow(problems[0], settings);
        }

        Assert.Empty(Problems(settings));
    }

    private static int Follow<T>(SettingTable<T> table)
        where T : class, new()
    {
        int count = 0;
        foreach (string name in table.Names)
        {
            string expected = table.Expected(name);
            foreach (string value in ValuesOf(expected))
            {
                Assert.True(table.TrySet(new T(), name, value), $"{name}={value}: {expected} is expected");
                count++;
            }
        }

        return count;
    }

    /// <summary>Returns the values that a message about what is expected names.</summary>
    private static IEnumerable<string> ValuesOf(string expected)
    {
        Match number = Regex.Match(expected, "^a (?:whole )?number(?: of (?<one>\\S+?) or (?:more|less)| from (?<one>\\S+) to (?<two>[^,]+))?" + Or);
        if (number.Success)
        {
            string[] named = [.. new[] { "one", "two", "or" }.Select(group => number.Groups[group]).Where(static group => group.Success).Select(static group => group.Value)];
            return named.Length > 0 ? named : ["1"];
        }

        Match words = Regex.Match(expected, "^one or more of (.+), separated by commas$");
        string[] choices = Regex.Split(words.Success ? words.Groups[1].Value : expected, ", | or ");
        return expected switch
        {
            "a text" => ["text"],
            "a list" or "a section" => [], // Not set from a text.
            _ => words.Success ? [.. choices, string.Join(",", choices)] : choices,
        };
    }

    /// <summary>Changes the setting that a message names as it advises.</summary>
    private static void Follow(string message, Dictionary<string, string?> settings)
    {
        (string Pattern, string? Value)[] forms =
        [
            ("^(?<name>[^=]+)=.*: at (?:most|least) (?:\\w+:)?[^=\\s]+=(?<value>\\S+) is expected", null),
            ("^(?<name>[^=]+)=.*: at most (?<value>\\d+) is expected", null),
            ("needs (?<name>acks)=(?<value>\\w+)", null),
            ("needs (?<name>retries) above 0", "1"),
            ("^(?<name>[^=]+)=.*leave it out", ""),
        ];
        foreach ((string pattern, string? value) in forms)
        {
            Match match = Regex.Match(message, pattern);
            if (match.Success)
            {
                string name = match.Groups["name"].Value;
                string key = settings.Keys.SingleOrDefault(key => key.EndsWith(":" + name, StringComparison.Ordinal)) ?? $"Producer:{name}";
                settings[key] = value == "" ? null : value ?? match.Groups["value"].Value;
                return;
            }
        }

        Assert.Fail($"no advice: {message}");
    }

    private static Dictionary<string, string?> Parse(string settings) =>
        settings.Split(';').Select(static setting => setting.Split('=')).ToDictionary(static pair => pair[0], static pair => (string?)pair[1]);

    private static string[] Problems(Dictionary<string, string?> settings)
    {
        var options = new ZurauOptions();
        try
        {
            OptionsBinder.Bind(settings.Where(static setting => setting.Value is not null), options);
            OptionsValidator.ThrowIfInvalid(options);
            return [];
        }
        catch (ConfigurationException exception)
        {
            return exception.Message.Split('\n');
        }
    }
}
