using Microsoft.Extensions.Logging;

namespace Zurau.Transport;

/// <summary>
/// Connects the client to a log: the embedded engine or a cluster. It makes producers, which take records, and consumers, which return
/// them, with Kafka's semantics. Thread-safe; each part documents its own thread safety. Producers and consumers are disposed before it.
/// </summary>
public interface IKafkaTransport : IAsyncDisposable
{
    /// <summary>What it is connected to, for people: <c>embedded engine in /srv/app/data</c>.</summary>
    string Description { get; }

    /// <summary>The clock of timestamps, waits and back-offs.</summary>
    TimeProvider TimeProvider { get; }

    /// <summary>Topic administration.</summary>
    IKafkaAdmin Admin { get; }

    /// <summary>Creates a producer with batches, memory and transactions of its own.</summary>
    /// <param name="options">Its settings, which are valid and do not change.</param>
    /// <param name="loggers">Logs failures that no caller receives.</param>
    /// <param name="randomSeed">Seeds the partitioner's choices for records without a key; null for a random seed.</param>
    /// <exception cref="ConfigurationException">The transport cannot honour a setting, or the codec of <c>compression.type</c> does not
    /// work.</exception>
    IProducerTransport CreateProducer(ProducerOptions options, ILoggerFactory loggers, int? randomSeed);

    /// <summary>Makes a consumer's side of the connection.</summary>
    IConsumerTransport CreateConsumer(ConsumerOptions options);
}
