using Client.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Zurau;

namespace Client.Tests.Hosting;

/// <summary>Consumers that the application's services receive.</summary>
public sealed class InjectedConsumerTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("other")]
    public async Task A_service_receives_a_consumer_of_its_own_with_the_settings_of_the_cluster(string? name)
    {
        var services = new ServiceCollection();
        Action<ZurauOptions> configure = static options =>
        {
            options.BootstrapServers = "embedded::memory:";
            options.ClientId = "shop";
            options.Consumer = new ConsumerOptions { GroupId = "billing", AutoOffsetReset = AutoOffsetReset.Earliest };
        };
        _ = name is null ? services.AddZurau(configure) : services.AddZurau(name, configure);
        await using ServiceProvider provider = services.BuildServiceProvider();
        await using (var producer = new Producer<string, string>(provider.GetRequiredKeyedService<Zurau.Transport.IKafkaTransport>(name), new ProducerOptions()))
        {
            await producer.SendAsync(new ProducerRecord<string, string>("orders", "k", "a")).Limit();
        }

        IConsumer<string, string> consumer = provider.GetRequiredKeyedService<IConsumer<string, string>>(name);
        Assert.NotSame(consumer, provider.GetRequiredKeyedService<IConsumer<string, string>>(name));
        consumer.Subscribe("orders");
        Assert.Equal("a", Assert.Single(await consumer.PollAsync(EmbeddedFixture.Soon).Limit()).Value);
        Assert.StartsWith("shop", consumer.GroupMetadata.MemberId, StringComparison.Ordinal);
        consumer.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => consumer.PollAsync(TimeSpan.Zero).Limit());
    }
}
