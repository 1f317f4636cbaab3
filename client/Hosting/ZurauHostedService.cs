using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Zurau.Engine.Common;
using Zurau.Listening;
using Zurau.Transport;

namespace Zurau.Hosting;

/// <summary>
/// Starts a cluster with the host: checks every declaration before it opens anything, opens the transport (which logs where the data is),
/// creates declared topics and starts the listeners; at the end it stops them.
/// </summary>
internal sealed class ZurauHostedService(
    ZurauRegistration registration,
    ZurauOptions options,
    IServiceProvider services,
    IServiceCollection registered,
    ListenerRegistry registry,
    ILoggerFactory loggers) : IHostedService
{
    private readonly ILogger _logger = loggers.CreateLogger("Zurau");

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<(ListenerMethod Method, ListenerSettings Settings)> plan = ListenerPlan.Make(registration, options, services);
        IKafkaTransport transport = services.GetRequiredKeyedService<IKafkaTransport>(registration.Name);
        await CreateTopicsAsync(transport.Admin, cancellationToken);
        await CreateDeadLetterTopicsAsync(transport, plan);

        var shared = new ListenerServices(services, registered);
        var containers = plan
            .Select(listener => new ListenerContainer(
                listener.Method, listener.Settings, transport, shared, loggers.CreateLogger($"Zurau.Listener.{listener.Settings.Id}")))
            .ToList();
        registry.Set(containers);
        try
        {
            foreach (ListenerContainer container in containers.Where(container => container.Settings.AutoStartup))
            {
                await container.StartAsync(cancellationToken);
            }
        }
        catch
        {
            await StopAsync(cancellationToken);
            throw;
        }
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(registry.Containers.Select(container => container.StopAsync(cancellationToken)));

    private async Task CreateTopicsAsync(IKafkaAdmin admin, CancellationToken cancellationToken)
    {
        if (!options.Admin.AutoCreate)
        {
            return;
        }

        IReadOnlyList<ErrorResult> results = await admin.CreateTopicsAsync(
            [.. options.Topics.Select(static topic => new NewTopic(topic.Name, topic.Partitions, topic.ReplicationFactor) { Configs = topic.Configs })],
            cancellationToken);
        foreach ((TopicOptions topic, ErrorResult result) in options.Topics.Zip(results))
        {
            if (!result.IsSuccess && result.Error != ErrorCode.TopicAlreadyExists)
            {
                throw KafkaException.For(result.Error, result.Message ?? $"Topic '{topic.Name}' could not be created: {result.Error}.");
            }

            TopicDescription found = await admin.DescribeTopicAsync(topic.Name, cancellationToken);
            if (result.IsSuccess)
            {
                ListenerLog.TopicCreated(_logger, topic.Name, found.Partitions);
            }
            else if (topic.Partitions > 0 && topic.Partitions != found.Partitions)
            {
                ListenerLog.PartitionsDiffer(_logger, topic.Name, found.Partitions, topic.Partitions);
            }
        }
    }

    /// <summary>
    /// A dead-letter topic that has a listener is created before that subscribes, which might create it with another number of partitions.
    /// The others are created with their first dead letter.
    /// </summary>
    private async Task CreateDeadLetterTopicsAsync(
        IKafkaTransport transport,
        IReadOnlyList<(ListenerMethod Method, ListenerSettings Settings)> plan)
    {
        if (!options.Admin.AutoCreate)
        {
            return;
        }

        var subscribed = plan.SelectMany(listener => listener.Settings.Topics).ToHashSet(StringComparer.Ordinal);
        foreach (ListenerSettings settings in plan
            .Select(listener => listener.Settings)
            .Where(settings => settings.OnExhausted == OnExhausted.DeadLetter))
        {
            await using var publisher = new DeadLetterPublisher(transport, settings, _logger);
            foreach (string topic in settings.Topics.Where(topic => subscribed.Contains(publisher.TopicOf(topic))))
            {
                try
                {
                    await publisher.EnsureTopicAsync(transport.Admin, topic, publisher.TopicOf(topic));
                }
                catch (KafkaException e) when (e.Error == ErrorCode.UnknownTopicOrPartition)
                {
                    // The source does not exist yet: how many partitions it will have is not known.
                }
            }
        }
    }
}
