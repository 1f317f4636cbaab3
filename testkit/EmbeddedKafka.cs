using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Zurau.Listening;
using Zurau.Transport;

namespace Zurau.Testing;

/// <summary>
/// Starts a complete Zurau in memory for a test: the engine, the admin client, the templates and the listeners that the test registers.
/// Start one for each test; instances share nothing. Depends on no test framework. Thread-safe.
/// </summary>
/// <example>
/// <code>
/// await using var kafka = await EmbeddedKafka.StartAsync(zurau => zurau.AddTopic("orders").AddListener&lt;OrderHandler&gt;());
/// await kafka.SendAsync("orders", "customer-1", new Order(...));
/// await kafka.WaitUntilConsumedAsync("billing");
/// </code>
/// </example>
public sealed class EmbeddedKafka : IAsyncDisposable
{
    /// <summary>The timeout of a wait whose caller gives none: 30 seconds.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan s_lookAgain = TimeSpan.FromMilliseconds(5);

    private readonly IHost _host;

    private EmbeddedKafka(IHost host) => _host = host;

    /// <summary>Gets the service provider, which includes the services that the test registered.</summary>
    public IServiceProvider Services => _host.Services;

    /// <summary>Gets the transport, for consumers and producers that the test creates itself.</summary>
    public IKafkaTransport Transport => Services.GetRequiredService<IKafkaTransport>();

    /// <summary>Gets the admin client.</summary>
    public IKafkaAdmin Admin => Services.GetRequiredService<IKafkaAdmin>();

    /// <summary>Gets the registry of the listeners.</summary>
    public ListenerRegistry Listeners => Services.GetRequiredService<ListenerRegistry>();

    /// <summary>
    /// Starts an engine in memory and everything that is registered. Differs from production in two settings: the data is in memory, and
    /// consumers start at the earliest offset.
    /// </summary>
    /// <param name="configure">Adds topics, listeners and settings, as with <c>AddZurau</c>.</param>
    /// <param name="services">Adds what the handlers need.</param>
    /// <param name="cancellationToken">Cancels the startup.</param>
    public static async Task<EmbeddedKafka> StartAsync(
        Action<ZurauBuilder>? configure = null,
        Action<IServiceCollection>? services = null,
        CancellationToken cancellationToken = default)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        services?.Invoke(builder.Services);
        ZurauBuilder zurau = builder.Services.AddZurau(options =>
        {
            options.BootstrapServers = "embedded::memory:";
            options.Consumer.AutoOffsetReset = AutoOffsetReset.Earliest;
        });
        configure?.Invoke(zurau);
        IHost host = builder.Build();
        try
        {
            await host.StartAsync(cancellationToken);
            return new EmbeddedKafka(host);
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    /// <summary>Creates a topic.</summary>
    public Task CreateTopicAsync(string name, int partitions = 1, CancellationToken cancellationToken = default) =>
        Admin.CreateTopicAsync(new NewTopic(name, partitions), cancellationToken);

    /// <summary>Sends a record and waits until the broker has acknowledged it.</summary>
    public ValueTask<RecordMetadata> SendAsync<TKey, TValue>(
        string topic,
        TKey key,
        TValue value,
        CancellationToken cancellationToken = default) =>
        Services.GetRequiredService<IKafkaTemplate<TKey, TValue>>().SendAsync(topic, key, value, cancellationToken);

    /// <summary>
    /// Waits until a group has committed the end offset of every partition of its topics: the topics of its listeners and those for which
    /// it has committed offsets.
    /// </summary>
    /// <exception cref="TimeoutException">The group has not done so within the timeout; the message lists the partitions that lag, with
    /// their offsets.</exception>
    public async Task WaitUntilConsumedAsync(string groupId, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        TimeProvider time = Transport.TimeProvider;
        long start = time.GetTimestamp();
        while (true)
        {
            IReadOnlyList<string> lagging = await LaggingAsync(groupId, cancellationToken);
            if (lagging.Count == 0)
            {
                return;
            }

            if (time.GetElapsedTime(start) >= (timeout ?? DefaultTimeout))
            {
                throw new TimeoutException(
                    $"Group '{groupId}' has not consumed everything within {timeout ?? DefaultTimeout}: {string.Join(", ", lagging)}.");
            }

            await Task.Delay(s_lookAgain, time, cancellationToken);
        }
    }

    /// <summary>Reads every record that a topic has now: partition by partition, each in offset order. Uses no consumer group.</summary>
    public async Task<IReadOnlyList<ConsumerRecord<string?, TValue>>> ReadAllAsync<TValue>(
        string topic,
        CancellationToken cancellationToken = default)
    {
        IReadOnlyList<OffsetRange> ranges = await Admin.ListOffsetsAsync(topic, cancellationToken);
        var options = new ConsumerOptions { EnableAutoCommit = false, AutoOffsetReset = AutoOffsetReset.Earliest };
        var records = new List<ConsumerRecord<string?, TValue>>();
        for (int partition = 0; partition < ranges.Count; partition++)
        {
            if (ranges[partition].End == ranges[partition].Start)
            {
                continue;
            }

            await using var consumer = new Consumer<string?, TValue>(Transport, options);
            consumer.Assign(new TopicPartition(topic, partition));
            long position = ranges[partition].Start;
            while (position < ranges[partition].End)
            {
                foreach (ConsumerRecord<string?, TValue> record in await consumer.PollAsync(DefaultTimeout, cancellationToken))
                {
                    position = record.Offset + 1;
                    records.Add(record);
                }
            }
        }

        return records;
    }

    /// <summary>Stops the listeners and closes the engine, which discards the data.</summary>
    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        if (_host is IAsyncDisposable disposable)
        {
            await disposable.DisposeAsync();
        }
        else
        {
            _host.Dispose();
        }
    }

    private async Task<IReadOnlyList<string>> LaggingAsync(string groupId, CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> committed =
            await Admin.ListConsumerGroupOffsetsAsync(groupId, cancellationToken);
        string[] topics = [.. Listeners.Containers.Where(listener => listener.GroupId == groupId).SelectMany(listener => listener.Topics)
            .Concat(committed.Keys.Select(partition => partition.Topic))
            .Distinct(StringComparer.Ordinal)];
        if (topics.Length == 0)
        {
            return ["it has no listener and no committed offset"];
        }

        var lagging = new List<string>();
        foreach (string topic in topics)
        {
            IReadOnlyList<OffsetRange> ranges = await Admin.ListOffsetsAsync(topic, cancellationToken);
            for (int partition = 0; partition < ranges.Count; partition++)
            {
                var topicPartition = new TopicPartition(topic, partition);
                long position = committed.TryGetValue(topicPartition, out OffsetAndMetadata known) ? known.Offset : ranges[partition].Start;
                if (position < ranges[partition].End)
                {
                    lagging.Add($"{topicPartition} is at {position} of {ranges[partition].End}");
                }
            }
        }

        return lagging;
    }
}
