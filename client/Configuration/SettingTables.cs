using System.Globalization;
using Zurau.Engine.Records.Compression;

namespace Zurau.Configuration;

/// <summary>Every setting that there is, by Kafka's names.</summary>
internal static class SettingTables
{
    // Above the tables, which are made in the order of their lines.
    private static readonly (string Spelling, PartitionerType Value)[] s_partitioners =
    [
        ("default", PartitionerType.Default),
        ("round_robin", PartitionerType.RoundRobin),
        ("random", PartitionerType.Random),
        ("consistent", PartitionerType.Consistent),
        ("consistent_random", PartitionerType.ConsistentRandom),
        ("murmur2", PartitionerType.Murmur2),
        ("murmur2_random", PartitionerType.Murmur2Random),
        ("fnv1a", PartitionerType.Fnv1a),
        ("fnv1a_random", PartitionerType.Fnv1aRandom),
    ];

    internal static readonly SettingTable<ProducerOptions> Producer = new SettingTable<ProducerOptions>()
        .AddChoice(
            "acks",
            (options, value) => options.Acks = value,
            ("all", Acks.All),
            ("-1", Acks.All),
            ("1", Acks.Leader),
            ("0", Acks.None))
        .AddInt("batch.size", (options, value) => options.BatchSize = value)
        .AddInt("linger.ms", (options, value) => options.LingerMs = value)
        .AddLong("buffer.memory", (options, value) => options.BufferMemory = value)
        .AddInt("max.block.ms", (options, value) => options.MaxBlockMs = value)
        .AddInt("max.request.size", (options, value) => options.MaxRequestSize = value)
        .AddInt("delivery.timeout.ms", (options, value) => options.DeliveryTimeoutMs = value)
        .AddBool("enable.idempotence", (options, value) => options.EnableIdempotence = value)
        .AddInt("max.in.flight.requests.per.connection", (options, value) => options.MaxInFlightRequestsPerConnection = value)
        .AddText("transactional.id", (options, value) => options.TransactionalId = value)
        .AddInt("transaction.timeout.ms", (options, value) => options.TransactionTimeoutMs = value)
        .AddInt("retries", (options, value) => options.Retries = value)
        .AddInt("retry.backoff.ms", (options, value) => options.RetryBackoffMs = value)
        .AddInt("retry.backoff.max.ms", (options, value) => options.RetryBackoffMaxMs = value)
        .AddInt("request.timeout.ms", (options, value) => options.RequestTimeoutMs = value)
        .AddChoice(
            "compression.type",
            (options, value) => options.CompressionType = value,
            ("none", CompressionType.None),
            ("gzip", CompressionType.Gzip),
            ("snappy", CompressionType.Snappy),
            ("lz4", CompressionType.Lz4),
            ("zstd", CompressionType.Zstd))
        .AddInt("compression.gzip.level", (options, value) => options.CompressionGzipLevel = value)
        .AddInt("compression.lz4.level", (options, value) => options.CompressionLz4Level = value)
        .AddInt("compression.zstd.level", (options, value) => options.CompressionZstdLevel = value)
        .AddChoice("partitioner", (options, value) => options.Partitioner = value, s_partitioners)
        .AddChoice(
            "partitioner.class",
            (options, value) => options.Partitioner = value,
            ("org.apache.kafka.clients.producer.RoundRobinPartitioner", PartitionerType.RoundRobin),
            ("RoundRobinPartitioner", PartitionerType.RoundRobin))
        .AddBool("partitioner.ignore.keys", (options, value) => options.PartitionerIgnoreKeys = value)
        .AddBool("partitioner.adaptive.partitioning.enable", (options, value) => options.PartitionerAdaptivePartitioningEnable = value);

    internal static readonly SettingTable<ConsumerOptions> Consumer = new SettingTable<ConsumerOptions>()
        .AddText("group.id", (options, value) => options.GroupId = value)
        .AddText("client.id", (options, value) => options.ClientId = value)
        .AddChoice(
            "auto.offset.reset",
            (options, value) => options.AutoOffsetReset = value,
            ("earliest", AutoOffsetReset.Earliest),
            ("latest", AutoOffsetReset.Latest),
            ("none", AutoOffsetReset.None))
        .AddChoice(
            "isolation.level",
            (options, value) => options.IsolationLevel = value,
            ("read_uncommitted", IsolationLevel.ReadUncommitted),
            ("read_committed", IsolationLevel.ReadCommitted))
        .AddBool("enable.auto.commit", (options, value) => options.EnableAutoCommit = value)
        .AddInt("auto.commit.interval.ms", (options, value) => options.AutoCommitIntervalMs = value)
        .AddInt("max.poll.records", (options, value) => options.MaxPollRecords = value)
        .AddInt("max.poll.interval.ms", (options, value) => options.MaxPollIntervalMs = value)
        .AddInt("fetch.min.bytes", (options, value) => options.FetchMinBytes = value)
        .AddInt("fetch.max.bytes", (options, value) => options.FetchMaxBytes = value)
        .AddInt("fetch.max.wait.ms", (options, value) => options.FetchMaxWaitMs = value)
        .AddInt("max.partition.fetch.bytes", (options, value) => options.MaxPartitionFetchBytes = value)
        .AddBool("check.crcs", (options, value) => options.CheckCrcs = value)
        .AddBool("allow.auto.create.topics", (options, value) => options.AllowAutoCreateTopics = value);

    private static readonly SettingTable<EmbeddedOptions> s_embedded = new SettingTable<EmbeddedOptions>()
        .AddBool("allow.any.file.system", (options, value) => options.AllowAnyFileSystem = value)
        .AddInt("num.partitions", (options, value) => options.NumPartitions = value)
        .AddBool("auto.create.topics.enable", (options, value) => options.AutoCreateTopicsEnable = value)
        .AddInt("log.segment.bytes", (options, value) => options.LogSegmentBytes = value)
        .AddInt("message.max.bytes", (options, value) => options.MessageMaxBytes = value)
        .AddText("compression.type", (options, value) => options.CompressionType = value)
        .AddChoice(
            "log.message.timestamp.type",
            (options, value) => options.LogMessageTimestampType = value,
            ("CreateTime", TimestampType.CreateTime),
            ("LogAppendTime", TimestampType.LogAppendTime))
        .AddLong("log.message.timestamp.before.max.ms", (options, value) => options.LogMessageTimestampBeforeMaxMs = value)
        .AddLong("log.message.timestamp.after.max.ms", (options, value) => options.LogMessageTimestampAfterMaxMs = value)
        .AddInt("log.index.interval.bytes", (options, value) => options.LogIndexIntervalBytes = value)
        .AddInt("log.index.size.max.bytes", (options, value) => options.LogIndexSizeMaxBytes = value)
        .AddLong("log.flush.interval.messages", (options, value) => options.LogFlushIntervalMessages = value)
        .AddLong("log.flush.interval.ms", (options, value) => options.LogFlushIntervalMs = value)
        .AddInt("log.flush.offset.checkpoint.interval.ms", (options, value) => options.LogFlushOffsetCheckpointIntervalMs = value)
        .AddInt("offsets.topic.num.partitions", (options, value) => options.OffsetsTopicNumPartitions = value)
        .AddText("log.cleanup.policy", (options, value) => options.LogCleanupPolicy = value)
        .AddLong("log.retention.ms", (options, value) => options.LogRetentionMs = value)
        .AddLong("log.retention.bytes", (options, value) => options.LogRetentionBytes = value)
        .AddLong("log.retention.check.interval.ms", (options, value) => options.LogRetentionCheckIntervalMs = value)
        .AddLong("log.roll.ms", (options, value) => options.LogRollMs = value)
        .AddLong("log.roll.jitter.ms", (options, value) => options.LogRollJitterMs = value)
        .AddLong("log.segment.delete.delay.ms", (options, value) => options.LogSegmentDeleteDelayMs = value)
        .AddBool("log.cleaner.enable", (options, value) => options.LogCleanerEnable = value)
        .AddLong("log.cleaner.dedupe.buffer.size", (options, value) => options.LogCleanerDedupeBufferSize = value)
        .AddDouble("log.cleaner.io.buffer.load.factor", (options, value) => options.LogCleanerIoBufferLoadFactor = value)
        .AddInt("log.cleaner.io.buffer.size", (options, value) => options.LogCleanerIoBufferSize = value)
        .AddDouble("log.cleaner.min.cleanable.ratio", (options, value) => options.LogCleanerMinCleanableRatio = value)
        .AddLong("log.cleaner.backoff.ms", (options, value) => options.LogCleanerBackoffMs = value)
        .AddLong("log.cleaner.delete.retention.ms", (options, value) => options.LogCleanerDeleteRetentionMs = value)
        .AddLong("log.cleaner.min.compaction.lag.ms", (options, value) => options.LogCleanerMinCompactionLagMs = value)
        .AddLong("log.cleaner.max.compaction.lag.ms", (options, value) => options.LogCleanerMaxCompactionLagMs = value)
        .AddLong("log.cleaner.io.max.bytes.per.second", (options, value) => options.LogCleanerIoMaxBytesPerSecond = value)
        .AddLong("producer.id.expiration.ms", (options, value) => options.ProducerIdExpirationMs = value)
        .AddInt("transaction.max.timeout.ms", (options, value) => options.TransactionMaxTimeoutMs = value)
        .AddLong("transactional.id.expiration.ms", (options, value) => options.TransactionalIdExpirationMs = value)
        .AddInt(
            "transaction.abort.timed.out.transaction.cleanup.interval.ms",
            (options, value) => options.TransactionAbortTimedOutTransactionCleanupIntervalMs = value)
        .AddInt(
            "transaction.remove.expired.transaction.cleanup.interval.ms",
            (options, value) => options.TransactionRemoveExpiredTransactionCleanupIntervalMs = value)
        .AddInt("transaction.state.log.num.partitions", (options, value) => options.TransactionStateLogNumPartitions = value)
        .AddInt("transaction.state.log.segment.bytes", (options, value) => options.TransactionStateLogSegmentBytes = value);

    private static readonly SettingTable<AdminOptions> s_admin = new SettingTable<AdminOptions>()
        .AddBool("auto.create", (options, value) => options.AutoCreate = value);

    private static readonly SettingTable<ListenerOptions> s_listener = new SettingTable<ListenerOptions>()
        .AddList("topics", (options, value) => options.Topics = value)
        .AddText("group.id", (options, value) => options.GroupId = value)
        .AddInt("concurrency", (options, value) => options.Concurrency = value)
        .AddChoice<AckMode>(
            "ack.mode",
            (options, value) => options.AckMode = value,
            ("Record", AckMode.Record),
            ("Batch", AckMode.Batch),
            ("Manual", AckMode.Manual),
            ("ManualImmediate", AckMode.ManualImmediate),
            ("Default", AckMode.Default))
        .AddChoice<OnExhausted>(
            "on.exhausted",
            (options, value) => options.OnExhausted = value,
            ("DeadLetter", OnExhausted.DeadLetter),
            ("Stop", OnExhausted.Stop),
            ("Skip", OnExhausted.Skip))
        .AddInt("back.off.interval.ms", (options, value) => options.BackOffIntervalMs = value)
        .AddInt("back.off.max.retries", (options, value) => options.BackOffMaxRetries = value)
        .AddList("not.retryable.exceptions", (options, value) => options.NotRetryableExceptions = value)
        .AddText("dead.letter.suffix", (options, value) => options.DeadLetterSuffix = value)
        .AddInt("poll.timeout.ms", (options, value) => options.PollTimeoutMs = value)
        .AddInt("shutdown.timeout.ms", (options, value) => options.ShutdownTimeoutMs = value)
        .AddBool("auto.startup", (options, value) => options.AutoStartup = value)
        .Add("properties", ApplyProperties);

    private static readonly SettingTable<TopicOptions> s_topic = new SettingTable<TopicOptions>()
        .AddText("name", (options, value) => options.Name = value)
        .AddInt("partitions", (options, value) => options.Partitions = value)
        .AddInt(
            "replication.factor",
            (options, value) => options.ReplicationFactor = (short)Math.Clamp(value, short.MinValue, short.MaxValue))
        .Add("configs", (options, node, _) => options.Configs = ToDictionary(node));

    internal static readonly SettingTable<ZurauOptions> Root = new SettingTable<ZurauOptions>()
        .AddText("bootstrap.servers", (options, value) => options.BootstrapServers = value)
        .AddText("client.id", (options, value) => options.ClientId = value)
        .Add("Producer", (options, node, errors) => Producer.Apply(options.Producer, node, errors))
        .Add("Consumer", (options, node, errors) => Consumer.Apply(options.Consumer, node, errors))
        .Add("Listener", (options, node, errors) => s_listener.Apply(options.Listener, node, errors))
        .Add("Listeners", ApplyListeners)
        .Add("Topics", ApplyTopics)
        .Add("Admin", (options, node, errors) => s_admin.Apply(options.Admin, node, errors))
        .Add("Embedded", (options, node, errors) => s_embedded.Apply(options.Embedded, node, errors));

    /// <summary>Finds the section that a setting belongs to, for one that stands in the wrong place: <c>Producer:linger.ms</c>.</summary>
    internal static string? FindElsewhere(string name) =>
        Find("Producer", Producer, name)
        ?? Find("Consumer", Consumer, name)
        ?? Find("Listener", s_listener, name)
        ?? Find("Embedded", s_embedded, name)
        ?? Find("Admin", s_admin, name)
        ?? (Root.Contains(name) ? Root.Names.First(known => SettingName.Normalize(known) == SettingName.Normalize(name)) : null);

    private static string? Find<T>(string section, SettingTable<T> table, string name) =>
        table.Contains(name)
            ? $"{section}:{table.Names.First(known => SettingName.Normalize(known) == SettingName.Normalize(name))}"
            : null;

    private static void ApplyProperties(ListenerOptions options, SettingNode node, List<string> errors)
    {
        // Kept as they are, because they are laid over the consumer's settings later; what is wrong is said now.
        SettingNode united = node with { Children = [.. node.Unite(errors)] };
        options.Properties = ToDictionary(united);
        Consumer.Apply(new ConsumerOptions(), united, errors);
    }

    private static void ApplyListeners(ZurauOptions options, SettingNode node, List<string> errors)
    {
        foreach (SettingNode child in node.Children)
        {
            if (!options.Listeners.TryGetValue(child.Key, out ListenerOptions? listener))
            {
                options.Listeners[child.Key] = listener = new ListenerOptions();
            }

            s_listener.Apply(listener, child, errors);
        }
    }

    // Topics are numbered objects or names, or objects by their names.
    private static void ApplyTopics(ZurauOptions options, SettingNode node, List<string> errors)
    {
        foreach (SettingNode child in node.Children)
        {
            bool isNumbered = int.TryParse(child.Key, NumberStyles.None, CultureInfo.InvariantCulture, out _);
            var topic = new TopicOptions { Name = isNumbered ? child.Value ?? "" : child.Key };
            s_topic.Apply(topic, child, errors);
            options.Topics.Add(topic);
        }
    }

    private static Dictionary<string, string> ToDictionary(SettingNode node) =>
        node.Children.Where(child => child.Value is not null).ToDictionary(child => child.Key, child => child.Value!);
}
