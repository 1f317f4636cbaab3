using Client.Tests.Listening.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Zurau;
using Zurau.Embedded;
using Zurau.Listening;
using Zurau.Transport;

namespace Client.Tests.Hosting;

/// <summary>Registration and what start-up refuses, on the fake cluster.</summary>
public sealed class StartUpTests
{
    [Fact]
    public async Task Topics_are_created_and_listeners_started_and_stopped_with_the_host()
    {
        var cluster = new FakeTransport(new SteppedTime());
        using IHost host = Build(cluster, zurau => zurau.AddTopic("orders", partitions: 3).AddListener<Billing>());
        await host.StartAsync();

        ListenerContainer container = Assert.Single(host.Services.GetRequiredService<ListenerRegistry>().Containers);
        Assert.True(container.IsRunning);
        Assert.Equal(3, cluster.PartitionCount("orders"));
        Assert.Equal(("billing", "billing"), (container.Id, container.GroupId));

        await host.StopAsync();
        Assert.False(container.IsRunning);
        Assert.True(Assert.Single(cluster.Consumers).IsClosed);
    }

    [Fact]
    public async Task A_dead_letter_topic_that_has_a_listener_gets_the_sources_partitions()
    {
        var cluster = new FakeTransport(new SteppedTime());
        using IHost host = Build(cluster, zurau => zurau.AddTopic("orders", 3).AddListener<Billing>().AddListener<Letters>());
        await host.StartAsync();

        Assert.Equal(3, cluster.PartitionCount("orders-dlt"));
        Assert.False(cluster.HasTopic("orders-dlt-dlt"));
        await host.StopAsync();
    }

    [Fact]
    public async Task Settings_from_configuration_reach_the_listener_and_can_keep_it_from_starting()
    {
        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("Kafka:Listeners:billing:AutoStartup", "false"), new("Kafka:Topics:0:Name", "orders")])
            .Build();
        var cluster = new FakeTransport(new SteppedTime());
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        ZurauBuilder zurau = builder.Services.AddZurau(configuration.GetSection("Kafka")).AddListener<Billing>();
        zurau.UseTransport((_, _) => cluster);
        using IHost host = builder.Build();
        await host.StartAsync();

        ListenerRegistry registry = host.Services.GetRequiredService<ListenerRegistry>();
        Assert.True(registry.TryGet("Billing", out ListenerContainer? container));
        Assert.False(container.IsRunning);
        await container.StartAsync();
        Assert.True(container.IsRunning);
        await host.StopAsync();
    }

    [Fact]
    public async Task Each_record_has_a_scope_of_its_own()
    {
        var time = new SteppedTime();
        var cluster = new FakeTransport(time).AddTopic("orders", 1);
        cluster.Append(new TopicPartition("orders", 0), null, "1"u8.ToArray());
        cluster.Append(new TopicPartition("orders", 0), null, "2"u8.ToArray());
        var seen = new Seen();
        using IHost host = Build(cluster, zurau => zurau.AddListener<Scoped>().Services.AddSingleton(seen).AddScoped<Unit>());
        await host.StartAsync();
        await seen.Two.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await host.StopAsync();

        Assert.Equal(2, seen.Units.Distinct().Count());
        Assert.All(seen.Units, unit => Assert.True(unit.IsDisposed));
    }

    [Fact]
    public async Task A_second_cluster_has_its_services_under_its_name()
    {
        var one = new FakeTransport(new SteppedTime());
        var two = new FakeTransport(new SteppedTime());
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddZurau(_ => { }).AddTopic("one").UseTransport((_, _) => one);
        builder.Services.AddZurau("second", _ => { }).AddTopic("two").AddListener<Billing>().UseTransport((_, _) => two);
        using IHost host = builder.Build();
        await host.StartAsync();

        Assert.True(one.HasTopic("one") && !one.HasTopic("two") && two.HasTopic("two"));
        Assert.Same(one, host.Services.GetRequiredService<IKafkaAdmin>());
        Assert.Same(two, host.Services.GetRequiredKeyedService<IKafkaAdmin>("second"));
        Assert.Empty(host.Services.GetRequiredService<ListenerRegistry>().Containers);
        Assert.Single(host.Services.GetRequiredKeyedService<ListenerRegistry>("second").Containers);
        Assert.NotNull(host.Services.GetRequiredService<IKafkaTemplate<string, string>>());
        Assert.NotNull(host.Services.GetRequiredKeyedService<IKafkaTemplate<string, string>>("second"));
        await host.StopAsync();
    }

    [Fact]
    public Task Two_listeners_of_one_group_are_refused_with_the_way_out() =>
        RefusedAsync("GroupId of its own", zurau => zurau.AddListener<SameGroup>());

    [Fact]
    public Task Two_listeners_of_one_id_are_refused() => RefusedAsync("set Id", zurau => zurau.AddListener<SameId>());

    [Fact]
    public Task Settings_for_an_unknown_listener_are_refused() => RefusedAsync(
        "no listener 'biling'", zurau => zurau.AddListener<Billing>().Configure(options => options.Listeners["biling"] = new ListenerOptions()));

    [Fact]
    public Task A_service_that_is_not_registered_is_refused_by_its_name() =>
        RefusedAsync("takes a Unit", zurau => zurau.AddListener<NeedsUnit>());

    [Fact]
    public Task A_class_without_listeners_is_refused() => RefusedAsync("no method with [KafkaListener]", zurau => zurau.AddListener<Unit>());

    [Fact]
    public Task A_wrong_setting_is_refused_before_anything_is_opened() => RefusedAsync(
        "max.poll.records", zurau => zurau.AddListener<Billing>().Configure(options => options.Consumer.MaxPollRecords = 0));

#pragma warning disable ZU0001, ZU0002, ZU0003
    [Theory]
    [InlineData(typeof(Bad.ReturnsInt), "Listener method 'ReturnsInt.On(string)' returns int: return void, Task or ValueTask.")]
    [InlineData(typeof(Bad.IsStatic), "Listener method 'IsStatic.On(string)' is static")]
    [InlineData(typeof(Bad.IsGeneric), "is generic")]
    [InlineData(typeof(Bad.IsPrivate), "cannot be reached")]
    [InlineData(typeof(Bad.AsyncVoid), "is async void")]
    [InlineData(typeof(Bad.TwoStrings), "Parameter 'other' (string) of listener method 'TwoStrings.On(string, string)' is neither the value nor a service")]
    [InlineData(typeof(Bad.OddHeader), "Parameter 'price' (decimal) of listener method 'OddHeader.On(string, decimal)' cannot be read from a header")]
    [InlineData(typeof(Bad.ByReference), "Parameter 'value'")]
    [InlineData(typeof(Bad.TwoPayloads), "2 parameters with [Payload]")]
    public async Task A_signature_that_cannot_be_bound_is_refused_by_class_method_and_parameter(Type handler, string text) =>
        await RefusedAsync(text, zurau => zurau.Registration.AddHandler(handler));

    private static class Bad
    {
        public sealed class ReturnsInt
        {
            [KafkaListener("t")]
            public int On(string value) => value.Length;
        }

        public sealed class IsStatic
        {
            [KafkaListener("t")]
            public static void On(string value) => Assert.NotNull(value);
        }

        public sealed class IsGeneric
        {
            [KafkaListener("t")]
            public void On<T>(T value) => Assert.NotNull(value);
        }

        public sealed class IsPrivate
        {
            [KafkaListener("t")]
            private void On(string value) => Assert.NotNull(value);
        }

        public sealed class AsyncVoid
        {
            [KafkaListener("t")]
            public async void On(string value) => await Task.FromResult(value);
        }

        public sealed class TwoStrings
        {
            [KafkaListener("t")]
            public void On(string value, string other) => Assert.NotSame(value, other);
        }

        public sealed class OddHeader
        {
            [KafkaListener("t")]
            public void On(string value, [Header("price")] decimal price) => Assert.NotEqual(value.Length, price);
        }

        public sealed class ByReference
        {
            [KafkaListener("t")]
            public void On(ref string value) => value = "";
        }

        public sealed class TwoPayloads
        {
            [KafkaListener("t")]
            public void On([Payload] string value, [Payload] string other) => Assert.NotSame(value, other);
        }
    }
#pragma warning restore ZU0001, ZU0002, ZU0003

    [Fact]
    public void Transports_are_asked_in_their_order_and_the_embedded_engine_last()
    {
        var asked = new List<string>();
        var cluster = new FakeTransport(new SteppedTime());
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddZurau(options => options.BootstrapServers = "localhost:9092").UseTransport(Other("first")).UseTransport((_, options) =>
        {
            asked.Add($"second {options.BootstrapServers}");
            return cluster;
        }).UseTransport(Other("third"));
        builder.Services.AddZurau("memory", options => options.BootstrapServers = "embedded::memory:").UseTransport(Other("fourth"));
        using IHost host = builder.Build();

        Assert.Same(cluster, host.Services.GetRequiredService<IKafkaTransport>());
        Assert.IsType<EmbeddedTransport>(host.Services.GetRequiredKeyedService<IKafkaTransport>("memory"));
        Assert.Equal(["first localhost:9092", "second localhost:9092", "fourth embedded::memory:"], asked);

        Func<IServiceProvider, ZurauOptions, IKafkaTransport?> Other(string name) => (_, options) =>
        {
            asked.Add($"{name} {options.BootstrapServers}");
            return null;
        };
    }

    [Fact]
    public async Task A_cluster_that_no_transport_accepts_ends_the_start_with_the_way_out()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddZurau(options => options.BootstrapServers = "kafka1:9092,kafka2:9092").UseTransport((_, _) => null);
        using IHost host = builder.Build();

        ConfigurationException refused = await Assert.ThrowsAsync<ConfigurationException>(() => host.StartAsync());

        Assert.Contains("bootstrap.servers='kafka1:9092,kafka2:9092'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("add the package Zurau.Confluent and call UseConfluent() after AddZurau", refused.Message, StringComparison.Ordinal);
    }

    private static async Task RefusedAsync(string text, Action<ZurauBuilder> configure)
    {
        bool isOpened = false;
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        ZurauBuilder zurau = builder.Services.AddZurau(_ => { });
        zurau.UseTransport((_, _) =>
        {
            isOpened = true;
            return new FakeTransport(new SteppedTime());
        });
        configure(zurau);
        using IHost host = builder.Build();

        ConfigurationException refused = await Assert.ThrowsAsync<ConfigurationException>(() => host.StartAsync());

        Assert.Contains(text, refused.Message, StringComparison.Ordinal);
        Assert.False(isOpened);
    }

    private static IHost Build(FakeTransport cluster, Action<ZurauBuilder> configure)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        ZurauBuilder zurau = builder.Services.AddZurau(options => options.Consumer.AutoOffsetReset = AutoOffsetReset.Earliest);
        zurau.UseTransport((_, _) => cluster);
        configure(zurau);
        return builder.Build();
    }

    internal sealed class Billing
    {
        [KafkaListener("orders", Id = "billing")]
        public void On(string value) => Assert.NotNull(value);
    }

    internal sealed class Letters
    {
        [KafkaListener("orders-dlt", Id = "letters")]
        public void On(string value) => Assert.NotNull(value);
    }

    internal sealed class SameGroup
    {
        [KafkaListener("a", GroupId = "g")]
        public void One(string value) => Assert.NotNull(value);

        [KafkaListener("b", GroupId = "g")]
        public void Two(string value) => Assert.NotNull(value);
    }

    internal sealed class SameId
    {
        [KafkaListener("a", Id = "i", GroupId = "g1")]
        public void One(string value) => Assert.NotNull(value);

        [KafkaListener("b", Id = "i", GroupId = "g2")]
        public void Two(string value) => Assert.NotNull(value);
    }

    internal sealed class NeedsUnit
    {
        [KafkaListener("a")]
        public void On(string value, Unit unit) => Assert.NotNull(unit);
    }

    internal sealed class Scoped(Unit unit, Seen seen)
    {
        [KafkaListener("orders", Id = "scoped")]
        public void On(string value, Unit same)
        {
            Assert.Same(unit, same);
            seen.Add(unit, value);
        }
    }

    internal sealed class Unit : IDisposable
    {
        public bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }

    internal sealed class Seen
    {
        public TaskCompletionSource Two { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public List<Unit> Units { get; } = [];

        public void Add(Unit unit, string value)
        {
            Units.Add(unit);
            if (value == "2")
            {
                Two.SetResult();
            }
        }
    }
}
