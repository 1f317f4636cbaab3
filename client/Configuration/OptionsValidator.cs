using Zurau.Embedded;
using Zurau.Engine;

namespace Zurau;

/// <summary>Checks the ranges of settings, which their declarations have, and combinations of settings. Messages use Kafka's names.</summary>
public static class OptionsValidator
{
    /// <summary>Checks everything.</summary>
    /// <exception cref="ConfigurationException">What is wrong, one line each.</exception>
    public static void ThrowIfInvalid(ZurauOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var errors = new List<string>();
        ZurauOptions.Settings.Validate(options, "", errors);
        Check(options.Producer, errors);
        ConsumerOptions.Settings.Validate(options.Consumer, "", errors);
        Check(options.Embedded, errors);
        if (options.Producer.TransactionalId is not null && BootstrapServers.IsEmbedded(options.BootstrapServers)
            && options.Producer.TransactionTimeoutMs > options.Embedded.TransactionMaxTimeoutMs)
        {
            errors.Add(
                $"transaction.timeout.ms={options.Producer.TransactionTimeoutMs}: at most Embedded:transaction.max.timeout.ms=" +
                $"{options.Embedded.TransactionMaxTimeoutMs} is expected");
        }

        ListenerOptions.Settings.Validate(options.Listener, "Listener:", errors);
        foreach ((string id, ListenerOptions listener) in options.Listeners)
        {
            ListenerOptions.Settings.Validate(listener, $"Listeners:{id}:", errors);
        }

        Check(options.Topics, errors);
        ThrowIfAny(errors);
    }

    /// <summary>Checks a producer's settings.</summary>
    /// <exception cref="ConfigurationException">What is wrong, one line each.</exception>
    public static void ThrowIfInvalid(ProducerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var errors = new List<string>();
        Check(options, errors);
        ThrowIfAny(errors);
    }

    /// <summary>Checks a consumer's settings.</summary>
    /// <exception cref="ConfigurationException">What is wrong, one line each.</exception>
    public static void ThrowIfInvalid(ConsumerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var errors = new List<string>();
        ConsumerOptions.Settings.Validate(options, "", errors);
        ThrowIfAny(errors);
    }

    internal static void ThrowIfAny(List<string> errors)
    {
        if (errors.Count > 0)
        {
            throw new ConfigurationException(string.Join('\n', errors));
        }
    }

    private static void Check(ProducerOptions options, List<string> errors)
    {
        ProducerOptions.Settings.Validate(options, "", errors);
        if (options.LingerMs > options.DeliveryTimeoutMs)
        {
            errors.Add($"delivery.timeout.ms={options.DeliveryTimeoutMs}: at least linger.ms={options.LingerMs} is expected");
        }

        if (options.BatchSize > options.BufferMemory)
        {
            errors.Add($"buffer.memory={options.BufferMemory}: at least batch.size={options.BatchSize} is expected");
        }

        CheckIdempotence(options, errors);
    }

    private static void CheckIdempotence(ProducerOptions options, List<string> errors)
    {
        if (options.TransactionalId is not null && options.EnableIdempotence == false)
        {
            errors.Add("enable.idempotence=false: a producer with a transactional.id needs it; leave it out");
        }

        string why = options.TransactionalId is null ? "enable.idempotence=true" : "a transactional.id";
        if (options.IsIdempotent && options.Acks != Acks.All)
        {
            errors.Add($"acks={(int)options.Acks}: {why} needs acks=all");
        }

        if (options.IsIdempotent && options.Retries == 0)
        {
            errors.Add($"retries=0: {why} needs retries above 0");
        }

        if (options.IsIdempotent && options.MaxInFlightRequestsPerConnection > 5)
        {
            errors.Add(
                $"max.in.flight.requests.per.connection={options.MaxInFlightRequestsPerConnection}: at most 5 is expected with " +
                "enable.idempotence, because the log remembers 5 batches");
        }
    }

    private static void Check(BrokerOptions options, List<string> errors)
    {
        BrokerOptions.Settings.Validate(options, "", errors);
        if (options.LogCleanerMinCompactionLagMs > options.LogCleanerMaxCompactionLagMs)
        {
            errors.Add(
                $"log.cleaner.min.compaction.lag.ms={options.LogCleanerMinCompactionLagMs}: at most log.cleaner.max.compaction.lag.ms=" +
                $"{options.LogCleanerMaxCompactionLagMs} is expected");
        }
    }

    private static void Check(List<TopicOptions> topics, List<string> errors)
    {
        var names = new HashSet<string>();
        foreach (TopicOptions topic in topics)
        {
            if (string.IsNullOrWhiteSpace(topic.Name))
            {
                errors.Add("Topics: a topic has no name");
            }
            else if (!names.Add(topic.Name))
            {
                errors.Add($"Topics: '{topic.Name}' is there twice");
            }

            TopicOptions.Settings.Validate(topic, $"Topics:{topic.Name}:", errors);
        }
    }
}
