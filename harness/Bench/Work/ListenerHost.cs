using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Zurau.Harness.Bench.Work;

/// <summary>
/// An application with one listener on an existing data directory, registered as an
/// application would do it.
/// </summary>
internal sealed class ListenerHost : IDisposable
{
    private readonly IHost _host;

    /// <summary>
    /// Starts the application; it reads the topic from the beginning in a new group.
    /// </summary>
    internal ListenerHost(string directory, string topic, string group, HandledRecords handled, IReadOnlyDictionary<string, string>? properties = null)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(handled);
        builder.Services
            .AddZurau(options =>
            {
                options.BootstrapServers = $"embedded:{directory}";
                options.Consumer.AutoOffsetReset = AutoOffsetReset.Earliest;
                options.Producer.Acks = Acks.Leader;
                options.Listener.AckMode = AckMode.Batch;
                options.Listeners[BenchHandler.Id] = new ListenerOptions { Topics = [topic], GroupId = group, Properties = new(properties ?? new Dictionary<string, string>()) };
            })
            .AddListener<BenchHandler>();
        _host = builder.Build();
        _host.StartAsync().GetAwaiter().GetResult();
    }

    internal IServiceProvider Services => _host.Services;

    public void Dispose()
    {
        _host.StopAsync().GetAwaiter().GetResult();
        ((IAsyncDisposable)_host).DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
