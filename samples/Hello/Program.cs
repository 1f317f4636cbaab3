using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Zurau;

HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
builder.Services
    .AddZurau(options => options.BootstrapServers = "embedded:./data") // A directory; "embedded::memory:" keeps nothing.
    .Configure(options => options.Consumer.AutoOffsetReset = AutoOffsetReset.Earliest)
    .AddTopic("greetings", partitions: 3)
    .AddListener<GreetingHandler>();

using IHost host = builder.Build();
await host.StartAsync();
IKafkaTemplate<string, string> template = host.Services.GetRequiredService<IKafkaTemplate<string, string>>();
RecordMetadata stored = await template.SendAsync("greetings", key: "Prague", value: "Hello, log!");
Console.WriteLine($"sent to {stored.TopicPartition} at offset {stored.Offset}");
await host.WaitForShutdownAsync();

internal sealed class GreetingHandler(IHostApplicationLifetime lifetime)
{
    [KafkaListener("greetings", GroupId = "hello")]
    public void Handle([Key] string city, string greeting)
    {
        Console.WriteLine($"handled from {city}: {greeting}");
        lifetime.StopApplication(); // Commits what was handled and closes the log.
    }
}
