using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Zurau.Listening;
using Zurau.Transport;

namespace Zurau.Testing;

/// <summary>
/// Runs a complete Zurau in memory for a test: the engine, the admin client, the
/// templates, and the listeners that the test registers. Instances share no data, so
/// tests may run in parallel. Independent of test frameworks. Thread-safe.
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
    /// <summary>Specifies the default timeout of a wait: 30 seconds.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(5);

    private readonly IHost _host;

    private EmbeddedKafka(IHost host) => _host = host;

    /// <summary>
    /// Gets the service provider. It includes the services that the test registered.
    /// </summary>
    public IServiceProvider Services => _host.Services;

    /// <summary>Gets the transport to create consumers and producers with.</summary>
    public IKafkaTransport Transport => Services.GetRequiredService<IKafkaTransport>();

    /// <summary>Gets the admin client of the engine.</summary>
    public IKafkaAdmin Admin => Services.GetRequiredService<IKafkaAdmin>();

    /// <summary>Gets the registry to start, stop and inspect listeners.</summary>
    public ListenerRegistry Listeners => Services.GetRequiredService<ListenerRegistry>();

    /// <summary>
    /// Starts an engine in memory and all registered listeners. Two settings differ from
    /// the defaults: the data directory is in memory, and consumers without a committed
    /// offset start at the earliest offset.
    /// </summary>
    /// <param name="configure">Adds topics, listeners and settings; null for none.</param>
    /// <param name="services">Adds the services that handlers require; null for
    /// none.</param>
    /// <param name="cancellationToken">Cancels the startup.</param>
    /// <returns>The running instance. Dispose it at the end of the test.</returns>
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

    /// <summary>Creates a topic; completes when the topic can be used.</summary>
    /// <param name="name">The topic name.</param>
    /// <param name="partitions">The number of partitions; 1 by default.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="KafkaException">The topic exists, or its name is not
    /// valid.</exception>
    public Task CreateTopicAsync(string name, int partitions = 1, CancellationToken cancellationToken = default) =>
        Admin.CreateTopicAsync(new NewTopic(name, partitions), cancellationToken);

    /// <summary>Sends a record and waits for the acknowledgement of the broker.</summary>
    /// <param name="topic">The topic name.</param>
    /// <param name="key">The key, which determines the partition.</param>
    /// <param name="value">The value.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The partition and the offset of the record.</returns>
    public ValueTask<RecordMetadata> SendAsync<TKey, TValue>(
        string topic,
        TKey key,
        TValue value,
        CancellationToken cancellationToken = default) =>
        Services.GetRequiredService<IKafkaTemplate<TKey, TValue>>().SendAsync(topic, key, value, cancellationToken);

    /// <summary>
    /// Waits until a group has committed the end offset of every partition of its topics:
    /// those that its listeners subscribe to, and those for which it has committed
    /// offsets.
    /// </summary>
    /// <param name="groupId">The group id.</param>
    /// <param name="timeout">The longest wait; null for
    /// <see cref="DefaultTimeout"/>.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="TimeoutException">The timeout has expired. The message lists the
    /// partitions that lag, with their offsets.</exception>
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

            await Task.Delay(s_pollInterval, time, cancellationToken);
        }
    }

    /// <summary>
    /// Reads all records that a topic contains at the time of the call, partition by
    /// partition, each in offset order. Uses no consumer group and commits no offsets.
    /// </summary>
    /// <param name="topic">The topic name.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
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

    /// <summary>Stops the listeners, closes the engine and discards the data.</summary>
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
