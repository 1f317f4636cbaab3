namespace Zurau;

/// <summary>Broker settings of the embedded engine, by Kafka's names.</summary>
public sealed class EmbeddedOptions
{
    /// <summary><c>num.partitions</c>: partitions of a topic that does not say how many.</summary>
    public int NumPartitions { get; set; } = 1;

    /// <summary>
    /// <c>allow.any.file.system</c>: whether the data directory may be on a file system on which durability was not proven; default false. There a
    /// flush means what that file system makes of it.
    /// </summary>
    public bool AllowAnyFileSystem { get; set; }

    /// <summary><c>auto.create.topics.enable</c></summary>
    public bool AutoCreateTopicsEnable { get; set; } = true;

    /// <summary><c>log.segment.bytes</c></summary>
    public int LogSegmentBytes { get; set; } = 1_073_741_824;

    /// <summary><c>message.max.bytes</c></summary>
    public int MessageMaxBytes { get; set; } = 1_048_588;

    /// <summary><c>compression.type</c>: how batches are stored: producer (as they come), uncompressed, gzip, snappy, lz4 or zstd.</summary>
    public string CompressionType { get; set; } = "producer";

    /// <summary><c>log.message.timestamp.type</c>: whose time records have.</summary>
    public TimestampType LogMessageTimestampType { get; set; } = TimestampType.CreateTime;

    /// <summary><c>log.message.timestamp.before.max.ms</c>: how far behind the clock a record's timestamp may be.</summary>
    public long LogMessageTimestampBeforeMaxMs { get; set; } = long.MaxValue;

    /// <summary><c>log.message.timestamp.after.max.ms</c>: how far ahead of the clock a record's timestamp may be.</summary>
    public long LogMessageTimestampAfterMaxMs { get; set; } = 3_600_000;

    /// <summary><c>log.index.interval.bytes</c>: bytes of log between two entries of a sparse index.</summary>
    public int LogIndexIntervalBytes { get; set; } = 4096;

    /// <summary><c>log.index.size.max.bytes</c>: a segment whose index files would be larger is full.</summary>
    public int LogIndexSizeMaxBytes { get; set; } = 10_485_760;

    /// <summary><c>log.flush.interval.messages</c>: an append that makes this many records not durable waits until they are.</summary>
    public long LogFlushIntervalMessages { get; set; } = long.MaxValue;

    /// <summary><c>log.flush.interval.ms</c>: how long a record may be published and not durable.</summary>
    public long LogFlushIntervalMs { get; set; } = long.MaxValue;

    /// <summary><c>log.flush.offset.checkpoint.interval.ms</c>: how often it is written down how far logs are flushed.</summary>
    public int LogFlushOffsetCheckpointIntervalMs { get; set; } = 60_000;

    /// <summary><c>offsets.topic.num.partitions</c>: fixed when <c>__consumer_offsets</c> is created.</summary>
    public int OffsetsTopicNumPartitions { get; set; } = 1;

    /// <summary><c>log.cleanup.policy</c>: <c>delete</c>, <c>compact</c> or <c>compact,delete</c>.</summary>
    public string LogCleanupPolicy { get; set; } = "delete";

    /// <summary><c>log.retention.ms</c>: how long records stay; -1 for ever.</summary>
    public long LogRetentionMs { get; set; } = 604_800_000;

    /// <summary><c>log.retention.bytes</c>: how large a partition may become; -1 for any size.</summary>
    public long LogRetentionBytes { get; set; } = -1;

    /// <summary><c>log.retention.check.interval.ms</c>: how often it is looked for records whose time is over.</summary>
    public long LogRetentionCheckIntervalMs { get; set; } = 300_000;

    /// <summary><c>log.roll.ms</c>: how much later than its first batch a segment's last one may be.</summary>
    public long LogRollMs { get; set; } = 604_800_000;

    /// <summary><c>log.roll.jitter.ms</c>: up to this much is taken off it, by chance.</summary>
    public long LogRollJitterMs { get; set; }

    /// <summary><c>log.segment.delete.delay.ms</c>: how long the files of a removed segment stay, renamed.</summary>
    public long LogSegmentDeleteDelayMs { get; set; } = 60_000;

    /// <summary><c>log.cleaner.enable</c>: whether compacted topics are compacted.</summary>
    public bool LogCleanerEnable { get; set; } = true;

    /// <summary><c>log.cleaner.dedupe.buffer.size</c>: the most memory that a compaction takes for the keys.</summary>
    public long LogCleanerDedupeBufferSize { get; set; } = 134_217_728;

    /// <summary><c>log.cleaner.io.buffer.load.factor</c>: how full that memory may become, as a share.</summary>
    public double LogCleanerIoBufferLoadFactor { get; set; } = 0.9;

    /// <summary><c>log.cleaner.io.buffer.size</c>: bytes that a compaction reads at once.</summary>
    public int LogCleanerIoBufferSize { get; set; } = 524_288;

    /// <summary><c>log.cleaner.min.cleanable.ratio</c>: uncompacted bytes to all bytes of a partition from which on it is compacted.</summary>
    public double LogCleanerMinCleanableRatio { get; set; } = 0.5;

    /// <summary><c>log.cleaner.backoff.ms</c>: how long the cleaner waits when there is nothing to clean.</summary>
    public long LogCleanerBackoffMs { get; set; } = 15_000;

    /// <summary><c>log.cleaner.delete.retention.ms</c>: how long a tombstone stays once it is all that is left of its key.</summary>
    public long LogCleanerDeleteRetentionMs { get; set; } = 86_400_000;

    /// <summary><c>log.cleaner.min.compaction.lag.ms</c>: records younger than this are not compacted.</summary>
    public long LogCleanerMinCompactionLagMs { get; set; }

    /// <summary><c>log.cleaner.max.compaction.lag.ms</c>: how long a record may wait for a compaction.</summary>
    public long LogCleanerMaxCompactionLagMs { get; set; } = long.MaxValue;

    /// <summary><c>log.cleaner.io.max.bytes.per.second</c>: how much compaction reads and writes.</summary>
    public long LogCleanerIoMaxBytesPerSecond { get; set; } = long.MaxValue;

    /// <summary><c>producer.id.expiration.ms</c>: how long a partition remembers a producer that does not append.</summary>
    public long ProducerIdExpirationMs { get; set; } = 86_400_000;

    /// <summary><c>transaction.max.timeout.ms</c>: the longest <c>transaction.timeout.ms</c> that a producer may ask for.</summary>
    public int TransactionMaxTimeoutMs { get; set; } = 900_000;

    /// <summary><c>transactional.id.expiration.ms</c>: how long a transactional id without transactions is remembered.</summary>
    public long TransactionalIdExpirationMs { get; set; } = 604_800_000;

    /// <summary><c>transaction.abort.timed.out.transaction.cleanup.interval.ms</c>: how often it is looked for transactions whose time is over.</summary>
    public int TransactionAbortTimedOutTransactionCleanupIntervalMs { get; set; } = 10_000;

    /// <summary><c>transaction.remove.expired.transaction.cleanup.interval.ms</c>: how often it is looked for idle transactional ids.</summary>
    public int TransactionRemoveExpiredTransactionCleanupIntervalMs { get; set; } = 3_600_000;

    /// <summary><c>transaction.state.log.num.partitions</c>: fixed when <c>__transaction_state</c> is created.</summary>
    public int TransactionStateLogNumPartitions { get; set; } = 1;

    /// <summary><c>transaction.state.log.segment.bytes</c>: counts when <c>__transaction_state</c> is created.</summary>
    public int TransactionStateLogSegmentBytes { get; set; } = 104_857_600;
}
