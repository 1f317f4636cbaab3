using Client.Tests.Listening.Support;
using Microsoft.Extensions.Configuration;
using Zurau;
using Zurau.Listening;

namespace Client.Tests.Listening;

/// <summary>Which setting wins, and what start-up refuses.</summary>
public sealed class ListenerSettingsTests
{
    private static readonly IConfiguration s_configuration = new ConfigurationBuilder()
        .AddInMemoryCollection([new("Orders:Topic", "orders"), new("Orders:Group", "billing")])
        .Build();

    [Fact]
    public void Without_settings_a_listener_has_Springs_defaults()
    {
        ListenerSettings settings = Resolve(new KafkaListenerAttribute("t"));

        Assert.Equal("Handler.On", settings.Id);
        Assert.Equal("Handler.On", settings.GroupId);
        Assert.Equal(AckMode.Batch, settings.AckMode);
        Assert.Equal(OnExhausted.DeadLetter, settings.OnExhausted);
        Assert.Equal((0, 9, "-dlt"), (settings.BackOffIntervalMs, settings.BackOffMaxRetries, settings.DeadLetterSuffix));
        Assert.Equal((5, 10), (settings.PollTimeout.TotalSeconds, settings.ShutdownTimeout.TotalSeconds));
        Assert.False(settings.Consumer.EnableAutoCommit);
        Assert.Equal("Handler.On", settings.Consumer.GroupId);
    }

    [Fact]
    public void The_group_is_the_listeners_own_then_the_attributes_then_the_id_then_the_settings()
    {
        var options = new ZurauOptions { Consumer = { GroupId = "all" } };
        Assert.Equal("all", Resolve(new KafkaListenerAttribute("t"), options: options).GroupId);
        Assert.Equal("id", Resolve(new KafkaListenerAttribute("t") { Id = "id" }, options: options).GroupId);
        Assert.Equal("g", Resolve(new KafkaListenerAttribute("t") { Id = "id", GroupId = "g" }, options: options).GroupId);
        options.Listeners["id"] = new ListenerOptions { GroupId = "own" };
        Assert.Equal("own", Resolve(new KafkaListenerAttribute("t") { Id = "id", GroupId = "g" }, options: options).GroupId);
    }

    [Fact]
    public void The_client_id_is_the_listeners_own_then_that_of_consumers_then_that_of_all_clients_then_the_id() // D10
    {
        var options = new ZurauOptions();
        Assert.Equal("x", Resolve(new KafkaListenerAttribute("t") { Id = "x" }, options: options).Consumer.ClientId);
        options.ClientId = "shop";
        Assert.Equal("shop", Resolve(new KafkaListenerAttribute("t") { Id = "x" }, options: options).Consumer.ClientId);
        options.Consumer.ClientId = "shop-in";
        Assert.Equal("shop-in", Resolve(new KafkaListenerAttribute("t") { Id = "x" }, options: options).Consumer.ClientId);
        Assert.Equal("own", Resolve(new KafkaListenerAttribute("t") { Id = "x", Properties = ["client.id=own"] }, options: options).Consumer.ClientId);
    }

    [Fact]
    public void Settings_by_id_win_over_the_attribute_and_the_attribute_over_the_common_ones()
    {
        var options = new ZurauOptions
        {
            Listener = { AckMode = AckMode.Record, BackOffMaxRetries = 3, OnExhausted = OnExhausted.Stop },
            Consumer = { MaxPollRecords = 100, FetchMinBytes = 7 },
        };
        var attribute = new KafkaListenerAttribute("t") { Id = "x", Properties = ["max.poll.records=50", "fetch.max.wait.ms=5"] };
        ListenerSettings settings = Resolve(attribute, options: options);
        Assert.Equal((AckMode.Record, 3, OnExhausted.Stop), (settings.AckMode, settings.BackOffMaxRetries, settings.OnExhausted));
        Assert.Equal((50, 7, 5), (settings.Consumer.MaxPollRecords, settings.Consumer.FetchMinBytes, settings.Consumer.FetchMaxWaitMs));

        options.Listeners["X"] = new ListenerOptions
        {
            Topics = ["other"],
            AckMode = AckMode.Batch,
            BackOffMaxRetries = 1,
            Properties = { ["max.poll.records"] = "2" },
        };
        settings = Resolve(attribute, options: options);
        Assert.Equal((AckMode.Batch, 1, 2), (settings.AckMode, settings.BackOffMaxRetries, settings.Consumer.MaxPollRecords));
        Assert.Equal(["other"], settings.Topics);
    }

    [Fact]
    public void Placeholders_come_from_configuration()
    {
        ListenerSettings settings = Resolve(new KafkaListenerAttribute("{Orders:Topic}", "{Orders:Topic}-late") { GroupId = "my-{Orders:Group}" });

        Assert.Equal(["orders", "orders-late"], settings.Topics);
        Assert.Equal("my-billing", settings.GroupId);
    }

    [Theory]
    [InlineData("{Orders:Missing}", "'Orders:Missing'")]
    [InlineData("{Orders:Topic", "without a '}'")]
    public void A_placeholder_that_cannot_be_filled_is_named(string topic, string text) =>
        Assert.Contains(text, Refused(() => Resolve(new KafkaListenerAttribute(topic))), StringComparison.Ordinal);

    [Theory]
    [InlineData(AckMode.Default, AckMode.Default, AckMode.Manual)]
    [InlineData(AckMode.Default, AckMode.Record, AckMode.Manual)]
    [InlineData(AckMode.Default, AckMode.ManualImmediate, AckMode.ManualImmediate)]
    [InlineData(AckMode.ManualImmediate, AckMode.Batch, AckMode.ManualImmediate)]
    public void A_handler_that_takes_an_acknowledgment_is_manual(AckMode attribute, AckMode common, AckMode expected) =>
        Assert.Equal(expected, Resolve(
            new KafkaListenerAttribute("t") { AckMode = attribute },
            takesAcknowledgment: true,
            new ZurauOptions { Listener = { AckMode = common } }).AckMode);

    [Theory]
    [InlineData(AckMode.Record, AckMode.Default, true)]
    [InlineData(AckMode.Batch, AckMode.Default, true)]
    [InlineData(AckMode.Manual, AckMode.Default, false)]
    [InlineData(AckMode.ManualImmediate, AckMode.Default, false)]
    [InlineData(AckMode.Default, AckMode.Manual, false)]
    public void An_ack_mode_that_does_not_fit_the_parameters_is_refused_by_the_methods_name(AckMode attribute, AckMode common, bool takes) =>
        Assert.Contains("'Handler.On(string)'", Refused(() => Resolve(
            new KafkaListenerAttribute("t") { AckMode = attribute }, takes, new ZurauOptions { Listener = { AckMode = common } })), StringComparison.Ordinal);

    [Fact]
    public void Several_consumers_are_refused_as_not_implemented() =>
        Assert.Contains("not implemented", Refused(() => Resolve(new KafkaListenerAttribute("t") { Concurrency = 3 })), StringComparison.Ordinal);

    [Theory]
    [InlineData("max.pol.records=1", "max.poll.records")]
    [InlineData("max.poll.records=many", "many")]
    [InlineData("max.poll.records", "is not a setting")]
    [InlineData("enable.auto.commit=true", "ack mode")]
    [InlineData("group.id=x", "GroupId")]
    public void A_property_that_cannot_be_set_is_refused_with_the_way_out(string property, string text) =>
        Assert.Contains(text, Refused(() => Resolve(new KafkaListenerAttribute("t") { Properties = [property] })), StringComparison.Ordinal);

    [Fact]
    public void A_listener_without_a_topic_is_refused() =>
        Assert.Contains("names no topic", Refused(() => Resolve(new KafkaListenerAttribute())), StringComparison.Ordinal);

    private static string Refused(Func<object> resolve) => Assert.Throws<ConfigurationException>(resolve).Message;

    private static ListenerSettings Resolve(KafkaListenerAttribute attribute, bool takesAcknowledgment = false, ZurauOptions? options = null) =>
        SettingsOf.Listener(typeof(Handler), attribute, takesAcknowledgment, options, s_configuration);

    private sealed class Handler;
}
