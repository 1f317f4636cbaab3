using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Zurau;

namespace Orders;

/// <summary>The main job, from the arguments to the exit code.</summary>
internal static class OrdersRun
{
    private const int Failed = 1;

    /// <summary>What shells give a program that Ctrl+C ended.</summary>
    private const int Interrupted = 130;

    /// <summary>Longer than any record's retries take: without a commit for this long, a listener has stopped.</summary>
    private static readonly TimeSpan s_stalledAfter = TimeSpan.FromSeconds(60);

    /// <summary>Runs; failures that the user can do something about are one line on standard error.</summary>
    public static async Task<int> RunAsync(OrdersArguments arguments)
    {
        try
        {
            using OrderSource source = OrderSource.Open(arguments);
            using AcknowledgedFile? acknowledged = arguments.Acknowledged is null ? null : new AcknowledgedFile(arguments.Acknowledged);
            IHost host = OrdersHost.Build(arguments);
            await using var _ = (IAsyncDisposable)host;
            return await RunAsync(host, source, acknowledged);
        }
        catch (Exception exception) when (UserError.TryExplain(exception, out string? line))
        {
            await Console.Error.WriteLineAsync($"orders: {line}");
            return Failed;
        }
    }

    private static async Task<int> RunAsync(IHost host, OrderSource source, AcknowledgedFile? acknowledged)
    {
        OrdersHost.OpenData(host.Services);
        CancellationToken stopping = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        await host.StartAsync();
        Task<RunSummary> work = WorkAsync(host.Services, source, acknowledged, stopping);
        await host.Services.GetRequiredService<LiveView>().ShowWhileAsync(work, source);

        // The ledgers first: what they have on disk is acknowledged, and the listeners commit it when they stop.
        await host.Services.GetRequiredService<Ledger<BilledOrder>>().CloseAsync();
        await host.Services.GetRequiredService<Ledger<DeadOrder>>().CloseAsync();
        await host.StopAsync(CancellationToken.None);
        try
        {
            Report.Print(await work, host.Services.GetRequiredService<RunCounters>());
            return 0;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("orders: stopped; the same command continues from here.");
            return Interrupted;
        }
    }

    private static async Task<RunSummary> WorkAsync(
        IServiceProvider services,
        OrderSource source,
        AcknowledgedFile? acknowledged,
        CancellationToken stopping)
    {
        long startedAt = Stopwatch.GetTimestamp();
        ResumePoint resume = await services.GetRequiredService<ResumePointReader>().ReadAsync(source.Name, stopping);
        if (resume.Line > 0)
        {
            services.GetRequiredService<LiveView>().Warn($"{source.Name} is published up to line {resume.Line}; going on after it");
        }

        await services.GetRequiredService<OrderPublisher>().PublishAsync(source, resume, acknowledged, stopping);
        Ledger<BilledOrder> billed = services.GetRequiredService<Ledger<BilledOrder>>();
        Ledger<DeadOrder> dead = services.GetRequiredService<Ledger<DeadOrder>>();
        IReadOnlyList<PartitionLag> partitions = await DrainAsync(services.GetRequiredService<LagReader>(), billed, dead, stopping);
        return new RunSummary(
            Stopwatch.GetElapsedTime(startedAt),
            resume.Line,
            billed.Count,
            dead.Count,
            services.GetRequiredService<IOptions<ZurauOptions>>().Value.Producer.Acks,
            partitions);
    }

    private static async Task<IReadOnlyList<PartitionLag>> DrainAsync(
        LagReader reader,
        Ledger<BilledOrder> billed,
        Ledger<DeadOrder> dead,
        CancellationToken stopping)
    {
        long lastLag = -1;
        long lastMovedAt = Stopwatch.GetTimestamp();
        while (true)
        {
            billed.ThrowIfFailed();
            dead.ThrowIfFailed();
            IReadOnlyList<PartitionLag> partitions = await reader.ReadAsync(stopping);
            long lag = partitions.Sum(partition => partition.Lag);
            if (lag == 0)
            {
                return partitions;
            }

            if (lag != lastLag)
            {
                lastLag = lag;
                lastMovedAt = Stopwatch.GetTimestamp();
            }
            else if (Stopwatch.GetElapsedTime(lastMovedAt) > s_stalledAfter)
            {
                throw new OrdersException(
                    $"The listeners have not moved for {s_stalledAfter.TotalSeconds} s with {lag} records left; run again with Logging__LogLevel__Default=Warning.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), stopping);
        }
    }
}
