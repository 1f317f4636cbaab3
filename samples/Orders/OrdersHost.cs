using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Zurau;

namespace Orders;

/// <summary>Puts the application together.</summary>
internal static class OrdersHost
{
    /// <summary>Makes the host; no file is touched yet.</summary>
    public static IHost Build(OrdersArguments arguments)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration
            .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"))
            .AddEnvironmentVariables();
        builder.Configuration.AddInMemoryCollection(SettingOverrides.From(arguments, builder.Configuration));
        builder.Logging
            .AddConfiguration(builder.Configuration.GetSection("Logging"))
            .AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);

        builder.Services
            .AddZurau(builder.Configuration.GetSection("Kafka"))
            .AddTopic("orders", partitions: 3)
            .AddTopic("orders-dlt", partitions: 3)
            .AddListener<OrderHandler>()
            .AddListener<DeadLetterHandler>();

        string directory = SettingOverrides.LedgerDirectory(builder.Configuration);
        builder.Services
            .AddSingleton(_ => Ledger<BilledOrder>.Open(Path.Combine(directory, "orders.ledger")))
            .AddSingleton(_ => Ledger<DeadOrder>.Open(Path.Combine(directory, "dead-letters.ledger")))
            .AddSingleton<RunCounters>()
            .AddSingleton<LiveView>()
            .AddSingleton<LagReader>()
            .AddSingleton<ResumePointReader>()
            .AddSingleton<OrderPublisher>();
        return builder.Build();
    }

    /// <summary>
    /// Opens the engine and then the ledgers, before a listener needs them: a directory that another process holds is the engine's to
    /// report, and a ledger that cannot be opened must end the run and not dead-letter an order.
    /// </summary>
    public static void OpenData(IServiceProvider services)
    {
        services.GetRequiredService<IKafkaAdmin>();
        services.GetRequiredService<Ledger<BilledOrder>>();
        services.GetRequiredService<Ledger<DeadOrder>>();
    }
}
