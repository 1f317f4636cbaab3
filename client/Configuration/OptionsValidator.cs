using System.Globalization;
using Zurau.Embedded;
using Zurau.Engine.Records.Compression;

namespace Zurau;

/// <summary>Checks ranges and combinations of settings, and refuses those that are not there yet. Messages use Kafka's names.</summary>
public static class OptionsValidator
{
    /// <summary>Checks everything.</summary>
    /// <exception cref="ConfigurationException">What is wrong, one line each.</exception>
    public static void ThrowIfInvalid(ZurauOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var errors = new List<string>();
        if (string.IsNullOrWhiteSpace(options.BootstrapServers))
        {
            errors.Add("bootstrap.servers is empty; write embedded:./data, embedded::memory: or host:port");
        }

        Check(options.Producer, errors);
        Check(options.Consumer, errors);
        Check(options.Embedded, errors);
        CheckTransactions(options.Embedded, errors);
        if (options.Producer.TransactionalId is not null && BootstrapServers.IsEmbedded(options.BootstrapServers)
            && options.Producer.TransactionTimeoutMs > options.Embedded.TransactionMaxTimeoutMs)
        {
            errors.Add(
                $"transaction.timeout.ms={options.Producer.TransactionTimeoutMs}: at most Embedded:transaction.max.timeout.ms=" +
                $"{options.Embedded.TransactionMaxTimeoutMs} is expected");
        }

        Check("Listener", options.Listener, errors);
        foreach ((string id, ListenerOptions listener) in options.Listeners)
        {
            Check($"Listeners:{id}", listener, errors);
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
        Check(options, errors);
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
        if (!Enum.IsDefined(options.Acks))
        {
            errors.Add($"acks={(int)options.Acks}: all, 1 or 0 is expected");
        }

        AtLeast("batch.size", options.BatchSize, 0, errors);
        AtLeast("linger.ms", options.LingerMs, 0, errors);
        AtLeast("buffer.memory", options.BufferMemory, 1, errors);
        AtLeast("max.block.ms", options.MaxBlockMs, 0, errors);
        AtLeast("max.request.size", options.MaxRequestSize, 1, errors);
        AtLeast("delivery.timeout.ms", options.DeliveryTimeoutMs, 1, errors);
        if (options.LingerMs > options.DeliveryTimeoutMs)
        {
            errors.Add($"delivery.timeout.ms={options.DeliveryTimeoutMs}: at least linger.ms={options.LingerMs} is expected");
        }

        if (options.BatchSize > options.BufferMemory)
        {
            errors.Add($"buffer.memory={options.BufferMemory}: at least batch.size={options.BatchSize} is expected");
        }

        AtLeast("max.in.flight.requests.per.connection", options.MaxInFlightRequestsPerConnection, 1, errors);
        AtLeast("transaction.timeout.ms", options.TransactionTimeoutMs, 1, errors);
        CheckIdempotence(options, errors);
        CheckRetriesAndCompression(options, errors);
    }

    private static void CheckRetriesAndCompression(ProducerOptions options, List<string> errors)
    {
        AtLeast("retries", options.Retries, 0, errors);
        AtLeast("retry.backoff.ms", options.RetryBackoffMs, 0, errors);
        AtLeast("retry.backoff.max.ms", options.RetryBackoffMaxMs, 0, errors);
        AtLeast("request.timeout.ms", options.RequestTimeoutMs, 0, errors);
        Level("compression.gzip.level", CompressionType.Gzip, options.CompressionGzipLevel, errors);
        Level("compression.lz4.level", CompressionType.Lz4, options.CompressionLz4Level, errors);
        Level("compression.zstd.level", CompressionType.Zstd, options.CompressionZstdLevel, errors);
        if (!Enum.IsDefined(options.CompressionType))
        {
            errors.Add($"compression.type={(int)options.CompressionType}: none, gzip, snappy, lz4 or zstd is expected");
        }

        if (!Enum.IsDefined(options.Partitioner))
        {
            errors.Add($"partitioner={(int)options.Partitioner}: no such partitioner");
        }
    }

    private static void Level(string name, CompressionType type, int level, List<string> errors)
    {
        if (BatchCompression.LevelProblem(type, level) is { } problem)
        {
            errors.Add($"{name}={level}: {problem} is expected");
        }
    }

    private static void CheckIdempotence(ProducerOptions options, List<string> errors)
    {
        if (options.TransactionalId is { } id && string.IsNullOrWhiteSpace(id))
        {
            errors.Add("transactional.id is empty; name the producer, or leave it out for one without transactions");
        }

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

    private static void Check(ConsumerOptions options, List<string> errors)
    {
        if (!Enum.IsDefined(options.AutoOffsetReset))
        {
            errors.Add($"auto.offset.reset={(int)options.AutoOffsetReset}: earliest, latest or none is expected");
        }

        if (!Enum.IsDefined(options.IsolationLevel))
        {
            errors.Add($"isolation.level={(int)options.IsolationLevel}: read_uncommitted or read_committed is expected");
        }

        if (options.GroupId is { } group && string.IsNullOrWhiteSpace(group))
        {
            errors.Add("group.id is empty; name the group, or leave it out for a consumer without a group");
        }

        AtLeast("auto.commit.interval.ms", options.AutoCommitIntervalMs, 0, errors);
        AtLeast("max.poll.records", options.MaxPollRecords, 1, errors);
        AtLeast("max.poll.interval.ms", options.MaxPollIntervalMs, 1, errors);
        AtLeast("fetch.min.bytes", options.FetchMinBytes, 0, errors);
        AtLeast("fetch.max.bytes", options.FetchMaxBytes, 0, errors);
        AtLeast("fetch.max.wait.ms", options.FetchMaxWaitMs, 0, errors);
        AtLeast("max.partition.fetch.bytes", options.MaxPartitionFetchBytes, 0, errors);
    }

    private static void Check(EmbeddedOptions options, List<string> errors)
    {
        AtLeast("num.partitions", options.NumPartitions, 1, errors);
        AtLeast("log.segment.bytes", options.LogSegmentBytes, 1024 * 1024, errors);
        AtLeast("message.max.bytes", options.MessageMaxBytes, 0, errors);
        AtLeast("log.message.timestamp.before.max.ms", options.LogMessageTimestampBeforeMaxMs, 0, errors);
        AtLeast("log.message.timestamp.after.max.ms", options.LogMessageTimestampAfterMaxMs, 0, errors);
        AtLeast("log.index.interval.bytes", options.LogIndexIntervalBytes, 0, errors);
        AtLeast("log.index.size.max.bytes", options.LogIndexSizeMaxBytes, 4, errors);
        AtLeast("log.flush.interval.messages", options.LogFlushIntervalMessages, 1, errors);
        AtLeast("log.flush.interval.ms", options.LogFlushIntervalMs, 0, errors);
        AtLeast("log.flush.offset.checkpoint.interval.ms", options.LogFlushOffsetCheckpointIntervalMs, 1, errors);
        AtLeast("offsets.topic.num.partitions", options.OffsetsTopicNumPartitions, 1, errors);
        AtLeast("log.retention.ms", options.LogRetentionMs, -1, errors);
        AtLeast("log.retention.bytes", options.LogRetentionBytes, -1, errors);
        AtLeast("log.retention.check.interval.ms", options.LogRetentionCheckIntervalMs, 1, errors);
        AtLeast("log.roll.ms", options.LogRollMs, 1, errors);
        AtLeast("log.roll.jitter.ms", options.LogRollJitterMs, 0, errors);
        AtLeast("log.segment.delete.delay.ms", options.LogSegmentDeleteDelayMs, 0, errors);
        CheckCleaner(options, errors);
        if (options.LogCleanupPolicy.Split(',').Any(static word => word.Trim() is not ("compact" or "delete")))
        {
            errors.Add($"log.cleanup.policy is '{options.LogCleanupPolicy}'; delete, compact or compact,delete is expected");
        }

        if (options.CompressionType is not ("producer" or "uncompressed" or "gzip" or "snappy" or "lz4" or "zstd"))
        {
            errors.Add($"compression.type is '{options.CompressionType}'; producer, uncompressed, gzip, snappy, lz4 or zstd is expected");
        }
    }

    private static void CheckCleaner(EmbeddedOptions options, List<string> errors)
    {
        AtLeast("log.cleaner.dedupe.buffer.size", options.LogCleanerDedupeBufferSize, 1024 * 1024, errors);
        AtLeast("log.cleaner.io.buffer.size", options.LogCleanerIoBufferSize, 1, errors);
        AtLeast("log.cleaner.backoff.ms", options.LogCleanerBackoffMs, 0, errors);
        AtLeast("log.cleaner.delete.retention.ms", options.LogCleanerDeleteRetentionMs, 0, errors);
        AtLeast("log.cleaner.min.compaction.lag.ms", options.LogCleanerMinCompactionLagMs, 0, errors);
        AtLeast("log.cleaner.max.compaction.lag.ms", options.LogCleanerMaxCompactionLagMs, 1, errors);
        AtLeast("log.cleaner.io.max.bytes.per.second", options.LogCleanerIoMaxBytesPerSecond, 1, errors);
        if (options.LogCleanerMinCompactionLagMs > options.LogCleanerMaxCompactionLagMs)
        {
            errors.Add($"log.cleaner.min.compaction.lag.ms={options.LogCleanerMinCompactionLagMs}: no more than log.cleaner.max.compaction.lag.ms ({options.LogCleanerMaxCompactionLagMs}) is expected");
        }

        Share("log.cleaner.min.cleanable.ratio", options.LogCleanerMinCleanableRatio, 0, errors);
        Share("log.cleaner.io.buffer.load.factor", options.LogCleanerIoBufferLoadFactor, 0.1, errors);
    }

    private static void CheckTransactions(EmbeddedOptions options, List<string> errors)
    {
        AtLeast("producer.id.expiration.ms", options.ProducerIdExpirationMs, 1, errors);
        AtLeast("transaction.max.timeout.ms", options.TransactionMaxTimeoutMs, 1, errors);
        AtLeast("transactional.id.expiration.ms", options.TransactionalIdExpirationMs, 1, errors);
        AtLeast(
            "transaction.abort.timed.out.transaction.cleanup.interval.ms",
            options.TransactionAbortTimedOutTransactionCleanupIntervalMs,
            1,
            errors);
        AtLeast(
            "transaction.remove.expired.transaction.cleanup.interval.ms",
            options.TransactionRemoveExpiredTransactionCleanupIntervalMs,
            1,
            errors);
        AtLeast("transaction.state.log.num.partitions", options.TransactionStateLogNumPartitions, 1, errors);
        AtLeast("transaction.state.log.segment.bytes", options.TransactionStateLogSegmentBytes, 1024 * 1024, errors);
    }

    private static void Check(string section, ListenerOptions options, List<string> errors)
    {
        AtLeast($"{section}:concurrency", options.Concurrency ?? 1, 1, errors);
        AtLeast($"{section}:back.off.interval.ms", options.BackOffIntervalMs ?? 0, 0, errors);
        AtLeast($"{section}:back.off.max.retries", options.BackOffMaxRetries ?? 0, -1, errors);
        AtLeast($"{section}:poll.timeout.ms", options.PollTimeoutMs ?? 0, 0, errors);
        AtLeast($"{section}:shutdown.timeout.ms", options.ShutdownTimeoutMs ?? 0, 0, errors);
        if (options.DeadLetterSuffix is { } suffix && string.IsNullOrWhiteSpace(suffix))
        {
            errors.Add($"{section}:dead.letter.suffix is empty: dead letters would go back to their own topic; -dlt is the default");
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

            if (topic.Partitions is 0 or < -1)
            {
                errors.Add($"Topics:{topic.Name}:partitions={topic.Partitions}: 1 or more is expected, or -1 for num.partitions");
            }

            if (topic.ReplicationFactor is 0 or < -1)
            {
                errors.Add(
                    $"Topics:{topic.Name}:replication.factor={topic.ReplicationFactor}: 1 or more is expected, or -1 for the default");
            }
        }
    }

    private static void Share(string name, double value, double least, List<string> errors)
    {
        if (!(value >= least && value <= 1))
        {
            errors.Add(string.Create(CultureInfo.InvariantCulture, $"{name}={value}: {least} to 1 is expected"));
        }
    }

    private static void AtLeast(string name, long value, long least, List<string> errors)
    {
        if (value < least)
        {
            errors.Add($"{name}={value}: {least} or more is expected");
        }
    }
}
