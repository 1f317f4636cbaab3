using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Zurau;

namespace Client.Tests.Configuration;

/// <summary>
/// To configuration two spellings of a setting are two keys; to us they are one, and
/// the provider that was added last wins.
/// </summary>
public class SpellingTests
{
    public static TheoryData<string, string> Spellings => new()
    {
        { "bootstrap.servers", "BootstrapServers" },
        { "BootstrapServers", "bootstrap.servers" },
        { "bootstrap-servers", "BOOTSTRAP_SERVERS" },
        { "BootstrapServers", "bootstrapservers" },
    };

    [Theory]
    [MemberData(nameof(Spellings))]
    public void The_provider_that_was_added_last_wins_whatever_the_spelling(string first, string last)
    {
        IConfigurationRoot root = Root([(first, "embedded:first")], [(last, "embedded:last")]);
        Assert.Equal("embedded:last", Bind(root, root).BootstrapServers);
    }

    [Theory]
    [MemberData(nameof(Spellings))]
    public void So_it_does_in_a_host_where_settings_come_from_its_own_configuration(string first, string last)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([new($"Kafka:{first}", "embedded:first"), new("Kafka:Producer:linger.ms", "1")]);
        builder.Configuration.AddInMemoryCollection([new($"Kafka:{last}", "embedded:last"), new("Kafka:Producer:LingerMs", "2")]);
        builder.Services.AddZurau(builder.Configuration.GetSection("Kafka"));
        using IHost host = builder.Build();
        ZurauOptions options = host.Services.GetRequiredService<IOptions<ZurauOptions>>().Value;
        Assert.Equal(("embedded:last", 2), (options.BootstrapServers, options.Producer.LingerMs));
    }

    [Fact]
    public void A_section_may_be_written_in_several_ways_at_once()
    {
        IConfigurationRoot root = Root(
            [("Listeners:billing:Properties:max.poll.records", "5"), ("Listeners:billing:Properties:check.crcs", "false")],
            [("Listeners:billing:Properties:MaxPollRecords", "6"), ("Listeners:billing:group.id", "a")],
            [("Listeners:BILLING:GroupId", "b")]);
        ListenerOptions billing = Bind(root, root).Listeners["billing"];
        Assert.Equal("b", billing.GroupId);
        Assert.Equal(["6", "false"], billing.Properties.Values.Order(StringComparer.Ordinal));
        Assert.Equal(6, OptionsBinder.Override(new ConsumerOptions(), billing.Properties, "x").MaxPollRecords);
    }

    [Fact]
    public void A_list_and_a_text_with_commas_are_two_spellings_too()
    {
        (string Key, string Value)[] list = [("Listeners:a:topics:0", "x"), ("Listeners:a:topics:1", "y"), ("Listener:not.retryable.exceptions:0", "E")];
        (string Key, string Value)[] text = [("Listeners:a:Topics", "z"), ("Listener:NotRetryableExceptions", "F, G")];
        IConfigurationRoot textLast = Root(list, text);
        Assert.Equal(["z"], Bind(textLast, textLast).Listeners["a"].Topics!);
        Assert.Equal(["F", "G"], Bind(textLast, textLast).Listener.NotRetryableExceptions!);
        IConfigurationRoot listLast = Root(text, list);
        Assert.Equal(["x", "y"], Bind(listLast, listLast).Listeners["a"].Topics!);
        Assert.Equal(["E"], Bind(listLast, listLast).Listener.NotRetryableExceptions!);
    }

    [Fact]
    public void Two_spellings_in_one_provider_are_refused_and_both_are_named()
    {
        IConfigurationRoot root = Root([("bootstrap.servers", "embedded:first"), ("BootstrapServers", "embedded:last")]);
        Assert.Equal(Refusal("Kafka:bootstrap.servers", "Kafka:BootstrapServers"), Refused(root, root));
        root = Root([("Listener:not.retryable.exceptions:0", "E"), ("Listener:NotRetryableExceptions:0", "F")]);
        Assert.Equal(Refusal("Kafka:Listener:not.retryable.exceptions:0", "Kafka:Listener:NotRetryableExceptions:0"), Refused(root, root));
    }

    [Fact]
    public void Duplicates_are_refused_too_if_the_order_of_providers_is_unknown()
    {
        IConfigurationRoot root = Root([("bootstrap.servers", "embedded:first")], [("BootstrapServers", "embedded:last")]);
        IConfigurationRoot other = Root([("BootstrapServers", "embedded:last")], [("bootstrap.servers", "embedded:first")]);
        string refusal = Refusal("Kafka:bootstrap.servers", "Kafka:BootstrapServers");
        Assert.Equal(refusal, Refused(root, null));
        Assert.Equal(refusal, Refused(root, other));
        root = Root([("Listener:not.retryable.exceptions:0", "E")], [("Listener:NotRetryableExceptions", "F")]);
        Assert.Equal(Refusal("Kafka:Listener:not.retryable.exceptions", "Kafka:Listener:NotRetryableExceptions"), Refused(root, null));
    }

    [Fact]
    public void The_same_value_twice_is_not_a_contradiction()
    {
        IConfigurationRoot root = Root([("bootstrap.servers", "embedded:x"), ("BootstrapServers", "embedded:x")]);
        Assert.Equal("embedded:x", Bind(root, null).BootstrapServers);
    }

    [Fact]
    public void Of_plain_pairs_the_later_one_wins()
    {
        var options = new ZurauOptions();
        OptionsBinder.Bind([new("Producer:linger.ms", "1"), new("Producer:LingerMs", "2"), new("client.id", "a"), new("client.id", "b")], options);
        Assert.Equal((2, "b"), (options.Producer.LingerMs, options.ClientId));
    }

    [Fact]
    public void Names_that_are_not_settings_stay_apart()
    {
        IConfigurationRoot root = Root([("Topics:orders.dlt:Partitions", "1"), ("Topics:orders-dlt:Partitions", "2")]);
        Assert.Equal(["orders-dlt", "orders.dlt"], Bind(root, root).Topics.Select(topic => topic.Name).Order(StringComparer.Ordinal));
    }

    private static string Refusal(string left, string right) =>
        $"settings '{left}' and '{right}' are two spellings of one, and which came last is not known; keep one of them";

    private static string Refused(IConfigurationRoot configuration, IConfigurationRoot? root) =>
        Assert.Throws<ConfigurationException>(() => Bind(configuration, root)).Message;

    private static ZurauOptions Bind(IConfigurationRoot configuration, IConfigurationRoot? root)
    {
        var options = new ZurauOptions();
        OptionsBinder.Bind(configuration.GetSection("Kafka"), options, root);
        return options;
    }

    private static IConfigurationRoot Root(params (string Key, string Value)[][] providers)
    {
        var builder = new ConfigurationBuilder();
        foreach ((string Key, string Value)[] settings in providers)
        {
            builder.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create($"Kafka:{setting.Key}", (string?)setting.Value)));
        }

        return builder.Build();
    }
}
