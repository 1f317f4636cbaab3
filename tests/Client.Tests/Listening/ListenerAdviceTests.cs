using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Client.Tests.Listening.Support;
using Microsoft.Extensions.Configuration;
using Zurau;
using Zurau.Listening;

namespace Client.Tests.Listening;

/// <summary>Follows the advice of messages about a listener's settings: the same listener is then accepted.</summary>
public sealed class ListenerAdviceTests // N9
{
    private const string Id = "billing";
    private static readonly KafkaListenerAttribute s_orders = new("orders") { Id = Id };

    [Theory]
    [InlineData(AckMode.Record)]
    [InlineData(AckMode.Batch)]
    public void An_ack_mode_that_commits_by_itself_is_left_out_or_changed_or_the_acknowledgment_is_not_taken(AckMode refused)
    {
        var attribute = new KafkaListenerAttribute("orders") { AckMode = refused };
        Refused("leave the ack mode away (then it is Manual), set Manual or ManualImmediate, or remove the parameter", () => Resolve(attribute, takesAcknowledgment: true));
        Assert.Equal(AckMode.Manual, Resolve(s_orders, takesAcknowledgment: true).AckMode);
        foreach (AckMode advised in new[] { AckMode.Manual, AckMode.ManualImmediate })
        {
            Assert.Equal(advised, Resolve(new KafkaListenerAttribute("orders") { AckMode = advised }, takesAcknowledgment: true).AckMode);
        }

        Assert.Equal(refused, Resolve(attribute).AckMode);
    }

    [Theory]
    [InlineData(Place.Attribute)]
    [InlineData(Place.Listener)]
    [InlineData(Place.Common)]
    public void A_manual_ack_mode_gets_its_parameter_or_is_changed_where_it_was_set(Place place)
    {
        ListenerSettings With(AckMode mode, bool takesAcknowledgment = false)
        {
            (KafkaListenerAttribute attribute, ZurauOptions options) = At(
                place, attribute => attribute.AckMode = mode, listener => listener.AckMode = mode);
            return Resolve(attribute, takesAcknowledgment, options);
        }

        Refused("add an IAcknowledgment parameter, or set the ack mode to Record or Batch", () => With(AckMode.Manual));
        Assert.Equal(AckMode.Manual, With(AckMode.Manual, takesAcknowledgment: true).AckMode);
        Assert.Equal(AckMode.Record, With(AckMode.Record).AckMode);
        Assert.Equal(AckMode.Batch, With(AckMode.Batch).AckMode);
    }

    [Theory]
    [InlineData("max.poll.records", "write \"([^\"]+)\"")]
    [InlineData("max.pol.records=50", "did you mean '([^']+)'")]
    public void A_property_is_written_as_the_message_writes_it(string property, string advice)
    {
        string advised = Advised(advice, Refused("", () => Resolve(With(property))));
        advised = advised.Contains('=', StringComparison.Ordinal) ? advised : advised + "=50";
        Assert.Equal(50, Resolve(With(advised)).Consumer.MaxPollRecords);
        static KafkaListenerAttribute With(string property) => new("orders") { Properties = [property] };
    }

    [Fact]
    public void A_group_is_set_in_the_attribute_instead_of_a_property()
    {
        Refused("set GroupId in [KafkaListener]", () => Resolve(new KafkaListenerAttribute("orders") { Properties = ["group.id=g"] }));
        ListenerSettings settings = Resolve(new KafkaListenerAttribute("orders") { GroupId = "g" });
        Assert.Equal(("g", "g"), (settings.GroupId, settings.Consumer.GroupId));
    }

    [Fact]
    public void An_empty_group_is_set_in_the_attribute()
    {
        Refused("set GroupId in [KafkaListener]", () => Resolve(new KafkaListenerAttribute("orders") { GroupId = "" }));
        Assert.Equal("g", Resolve(new KafkaListenerAttribute("orders") { GroupId = "g" }).GroupId);
    }

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public void The_commits_of_the_consumer_are_left_to_the_ack_mode(string value)
    {
        Refused("leave it out", () => Resolve(new KafkaListenerAttribute("orders") { Properties = [$"enable.auto.commit={value}"] }));
        Assert.False(Resolve(s_orders).Consumer.EnableAutoCommit);
    }

    [Fact]
    public void A_listener_without_a_topic_gets_the_one_of_the_message()
    {
        string topic = Advised("write \\[KafkaListener\\(\"([^\"]+)\"\\)\\]", Refused("", () => Resolve(new KafkaListenerAttribute())));
        Assert.Equal([topic], Resolve(new KafkaListenerAttribute(topic)).Topics);
    }

    [Fact]
    public void Settings_that_take_away_the_topics_of_the_attribute_name_one_or_are_left_out()
    {
        ZurauOptions With(params string[] topics) => new() { Listeners = { [Id] = new ListenerOptions { Topics = [.. topics] } } };
        string setting = Advised("(\\S+) names no topic.*: name one, or leave the setting out", Refused("", () => Resolve(s_orders, options: With())));
        Assert.Equal($"Listeners:{Id}:topics", setting);
        var options = new ZurauOptions();
        OptionsBinder.Bind([new(setting + ":0", "bills")], options);
        Assert.Equal(["bills"], Resolve(s_orders, options: options).Topics);
        Assert.Equal(["orders"], Resolve(s_orders).Topics);
    }

    [Theory]
    [InlineData(Place.Attribute)]
    [InlineData(Place.Listener)]
    [InlineData(Place.Common)]
    public void Several_consumers_are_set_to_one_where_they_were_set(Place place)
    {
        ListenerSettings With(int consumers)
        {
            (KafkaListenerAttribute attribute, ZurauOptions options) = At(
                place, attribute => attribute.Concurrency = consumers, listener => listener.Concurrency = consumers);
            return Resolve(attribute, options: options);
        }

        int advised = int.Parse(Advised("set it to (\\d+)", Refused("", () => With(3))), CultureInfo.InvariantCulture);
        Assert.Equal(Id, With(advised).Id);
    }

    [Fact]
    public void A_key_of_a_placeholder_is_found_in_appsettings_and_in_the_environment()
    {
        string section = $"Advice{Guid.NewGuid():N}"; // The environment belongs to the process.
        var attribute = new KafkaListenerAttribute($"{{{section}:Topics:Orders}}");
        string message = Refused("add it to appsettings.json or set the environment variable", () => Resolve(attribute, configuration: new ConfigurationBuilder().AddEnvironmentVariables().Build()));
        Assert.Equal($"{section}:Topics:Orders", Advised("the configuration key '([^']+)'", message));

        using var json = new MemoryStream(Encoding.UTF8.GetBytes($$"""{ "{{section}}": { "Topics": { "Orders": "from-json" } } }"""));
        Assert.Equal(["from-json"], Resolve(attribute, configuration: new ConfigurationBuilder().AddJsonStream(json).Build()).Topics);

        string variable = Advised("environment variable (\\S+)\\.$", message);
        Environment.SetEnvironmentVariable(variable, "from-environment");
        try
        {
            Assert.Equal(["from-environment"], Resolve(attribute, configuration: new ConfigurationBuilder().AddEnvironmentVariables().Build()).Topics);
        }
        finally
        {
            Environment.SetEnvironmentVariable(variable, null);
        }
    }

    [Fact]
    public void A_placeholder_without_any_configuration_is_filled_when_one_is_registered()
    {
        var attribute = new KafkaListenerAttribute("{Orders:Topic}");
        Refused("no IConfiguration is registered: register one", () => Resolve(attribute));
        Assert.Equal(["orders"], Resolve(attribute, configuration: Configuration("Orders:Topic")).Topics);
    }

    [Theory]
    [InlineData("{Orders:Topic")]
    [InlineData("a-{}")]
    [InlineData("{ }")]
    public void A_placeholder_is_written_as_the_message_writes_it(string topic)
    {
        IConfiguration configuration = Configuration("Section:Key");
        string advised = Advised("write (\\{[^}]+\\})", Refused("", () => Resolve(new KafkaListenerAttribute(topic), configuration: configuration)));
        Assert.Equal(["orders"], Resolve(new KafkaListenerAttribute(advised), configuration: configuration).Topics);
    }

    private static IConfiguration Configuration(string key) => new ConfigurationBuilder().AddInMemoryCollection([new(key, "orders")]).Build();

    private static string Refused(string advice, Func<object> resolve)
    {
        string message = Assert.Throws<ConfigurationException>(resolve).Message;
        Assert.Contains(advice, message, StringComparison.Ordinal);
        return message;
    }

    private static string Advised(string pattern, string message)
    {
        Match match = Regex.Match(message, pattern);
        Assert.True(match.Success, message);
        return match.Groups[1].Value;
    }

    /// <summary>Sets something in the attribute, in the settings of the listener or in those of all listeners.</summary>
    private static (KafkaListenerAttribute Attribute, ZurauOptions Options) At(Place place, Action<KafkaListenerAttribute> inAttribute, Action<ListenerOptions> inSettings)
    {
        var attribute = new KafkaListenerAttribute("orders") { Id = Id };
        var listener = new ListenerOptions();
        if (place == Place.Attribute)
        {
            inAttribute(attribute);
        }
        else
        {
            inSettings(listener);
        }

        return (attribute, place switch
        {
            Place.Listener => new ZurauOptions { Listeners = { [Id] = listener } },
            Place.Common => new ZurauOptions { Listener = listener },
            _ => new ZurauOptions(),
        });
    }

    private static ListenerSettings Resolve(KafkaListenerAttribute attribute, bool takesAcknowledgment = false, ZurauOptions? options = null, IConfiguration? configuration = null) =>
        SettingsOf.Listener(typeof(ListenerAdviceTests), attribute, takesAcknowledgment, options, configuration);

    /// <summary>Where a setting is set.</summary>
    public enum Place
    {
        Attribute,
        Listener,
        Common,
    }
}
