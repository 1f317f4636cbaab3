using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Log.Cleaning;
using Zurau.Engine.Storage;
using Zurau.Engine.Topics;

namespace Zurau.Engine;

/// <summary>What a broker needs to open: where the data is, the clock, and Kafka's broker settings.</summary>
public sealed record BrokerSettings
{
    /// <summary>Where files live. <see cref="FileStorage"/> for a directory, <see cref="MemoryStorage"/> for tests.</summary>
    public required IStorage Storage { get; init; }

    /// <summary>The clock of record timestamps and waits.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Runs the broker's duties; null starts threads of its own.</summary>
    public IDutyPump? DutyPump { get; init; }

    /// <summary>Where the broker logs.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    /// <summary>The seed of topic and cluster ids; null takes one from the system.</summary>
    public int? RandomSeed { get; init; }

    /// <summary><c>num.partitions</c>: partitions of a topic that does not say how many.</summary>
    public int NumPartitions { get; init; } = 1;

    /// <summary><c>auto.create.topics.enable</c>: whether a first append or subscription creates its topic.</summary>
    public bool AutoCreateTopicsEnable { get; init; } = true;

    /// <summary><c>offsets.topic.num.partitions</c>: fixed when <c>__consumer_offsets</c> is created.</summary>
    public int OffsetsTopicNumPartitions { get; init; } = 1;

    /// <summary><c>log.segment.bytes</c>: bytes of a segment before the next one is begun.</summary>
    public int LogSegmentBytes { get; init; } = 1024 * 1024 * 1024;

    /// <summary><c>message.max.bytes</c>: the largest batch, as stored.</summary>
    public int MessageMaxBytes { get; init; } = 1_048_588;

    /// <summary><c>log.index.interval.bytes</c>: bytes of log between two entries of a sparse index.</summary>
    public int LogIndexIntervalBytes { get; init; } = 4096;

    /// <summary><c>log.index.size.max.bytes</c>: a segment whose index files would be larger is full.</summary>
    public int LogIndexSizeMaxBytes { get; init; } = 10 * 1024 * 1024;

    /// <summary><c>log.flush.interval.messages</c>: an append that makes this many records not durable waits until they are.</summary>
    public long LogFlushIntervalMessages { get; init; } = long.MaxValue;

    /// <summary><c>log.flush.interval.ms</c>: how long a record may be published and not durable.</summary>
    public long LogFlushIntervalMs { get; init; } = long.MaxValue;

    /// <summary><c>compression.type</c>: how batches are stored; <c>producer</c> keeps what was sent.</summary>
    public string CompressionType { get; init; } = "producer";

    /// <summary><c>log.message.timestamp.type</c>: whose time records have.</summary>
    public TimestampType LogMessageTimestampType { get; init; } = TimestampType.CreateTime;

    /// <summary><c>log.flush.offset.checkpoint.interval.ms</c>: how often it is written down how far logs are flushed.</summary>
    public int LogFlushOffsetCheckpointIntervalMs { get; init; } = 60_000;

    /// <summary><c>log.message.timestamp.before.max.ms</c>: how far behind the clock a record's timestamp may be.</summary>
    public long LogMessageTimestampBeforeMaxMs { get; init; } = long.MaxValue;

    /// <summary><c>log.message.timestamp.after.max.ms</c>: how far ahead of the clock a record's timestamp may be.</summary>
    public long LogMessageTimestampAfterMaxMs { get; init; } = 60 * 60 * 1000;

    /// <summary><c>log.retention.check.interval.ms</c>: how often it is looked for segments whose time is over.</summary>
    public long LogRetentionCheckIntervalMs { get; init; } = 300_000;

    /// <summary><c>log.cleanup.policy</c>: <c>delete</c>, <c>compact</c> or <c>compact,delete</c>.</summary>
    public string LogCleanupPolicy { get; init; } = "delete";

    /// <summary><c>log.retention.ms</c>: how long records stay; -1 for ever.</summary>
    public long LogRetentionMs { get; init; } = 7L * 24 * 60 * 60 * 1000;

    /// <summary><c>log.retention.bytes</c>: how large a partition may become; -1 for any size.</summary>
    public long LogRetentionBytes { get; init; } = -1;

    /// <summary><c>log.roll.ms</c>: how much later than its first batch a segment's last one may be.</summary>
    public long LogRollMs { get; init; } = 7L * 24 * 60 * 60 * 1000;

    /// <summary><c>log.roll.jitter.ms</c>: up to this much is taken off it, by chance, so that partitions do not roll all at once.</summary>
    public long LogRollJitterMs { get; init; }

    /// <summary><c>log.segment.delete.delay.ms</c>: how long the files of a removed segment stay, renamed.</summary>
    public long LogSegmentDeleteDelayMs { get; init; } = 60_000;

    /// <summary><c>log.cleaner.enable</c>: whether compacted topics are cleaned; without it they only grow.</summary>
    public bool LogCleanerEnable { get; init; } = true;

    /// <summary><c>log.cleaner.dedupe.buffer.size</c>: the most memory that the map of keys takes while a log is cleaned, 16 bytes a key and some room.</summary>
    public long LogCleanerDedupeBufferSize { get; init; } = 128 * 1024 * 1024;

    /// <summary><c>log.cleaner.io.buffer.load.factor</c>: how full that map may become.</summary>
    public double LogCleanerIoBufferLoadFactor { get; init; } = 0.9;

    /// <summary><c>log.cleaner.io.buffer.size</c>: bytes that cleaning reads at once.</summary>
    public int LogCleanerIoBufferSize { get; init; } = 512 * 1024;

    /// <summary><c>log.cleaner.io.max.bytes.per.second</c>: how much cleaning reads and writes.</summary>
    public double LogCleanerIoMaxBytesPerSecond { get; init; } = double.MaxValue;

    /// <summary><c>log.cleaner.backoff.ms</c>: how long the cleaner waits when there is nothing to clean.</summary>
    public long LogCleanerBackoffMs { get; init; } = 15_000;

    /// <summary>How much a cleaning reads before it looks whether it may go on; ours alone.</summary>
    internal int CleanerStepBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary><c>log.cleaner.min.cleanable.ratio</c>: dirty bytes to all bytes from which on a log is cleaned.</summary>
    public double LogCleanerMinCleanableRatio { get; init; } = 0.5;

    /// <summary><c>log.cleaner.min.compaction.lag.ms</c>: records younger than this are not cleaned.</summary>
    public long LogCleanerMinCompactionLagMs { get; init; }

    /// <summary><c>log.cleaner.max.compaction.lag.ms</c>: a log with an older dirty record is cleaned, whatever its dirty ratio is.</summary>
    public long LogCleanerMaxCompactionLagMs { get; init; } = long.MaxValue;

    /// <summary><c>log.cleaner.delete.retention.ms</c>: how long a tombstone stays once it is all that is left of its key.</summary>
    public long LogCleanerDeleteRetentionMs { get; init; } = 24L * 60 * 60 * 1000;

    /// <summary>How many full segments may be open and mapped at once; ours alone. Linux allows a process 65,530 maps.</summary>
    public int MaxOpenSegments { get; init; } = 8192;

    /// <summary><c>producer.id.expiration.ms</c>: how long a partition remembers a producer that does not append.</summary>
    public long ProducerIdExpirationMs { get; init; } = 86_400_000;

    /// <summary>Where a simulator stands between the engine's steps; null in production.</summary>
    internal LogHooks? Hooks { get; init; }

    /// <summary><c>transaction.state.log.num.partitions</c>: fixed when <c>__transaction_state</c> is created.</summary>
    public int TransactionStateLogNumPartitions { get; init; } = 1;

    /// <summary><c>transaction.max.timeout.ms</c>: the longest time that a client may keep a transaction open.</summary>
    public int TransactionMaxTimeoutMs { get; init; } = 900_000;

    /// <summary><c>transactional.id.expiration.ms</c>: how long a transactional id without transactions is remembered.</summary>
    public long TransactionalIdExpirationMs { get; init; } = 604_800_000;

    /// <summary><c>transaction.abort.timed.out.transaction.cleanup.interval.ms</c>: how often it is looked for transactions whose time is over.</summary>
    public int TransactionTimeoutCheckMs { get; init; } = 10_000;

    /// <summary><c>transaction.remove.expired.transaction.cleanup.interval.ms</c>: how often it is looked for idle transactional ids.</summary>
    public int TransactionalIdExpiryCheckMs { get; init; } = 3_600_000;

    /// <summary><c>transaction.state.log.segment.bytes</c>: counts when <c>__transaction_state</c> is created.</summary>
    public int TransactionStateLogSegmentBytes { get; init; } = 100 * 1024 * 1024;

    /// <summary><c>offset.metadata.max.bytes</c>: the longest text beside a committed offset.</summary>
    public int OffsetMetadataMaxBytes { get; init; } = 4096;

    /// <summary>What topics have that do not say otherwise.</summary>
    internal LogSettings LogDefaults() => new()
    {
        SegmentBytes = LogSegmentBytes,
        MaxMessageBytes = MessageMaxBytes,
        IndexIntervalBytes = LogIndexIntervalBytes,
        SegmentIndexBytes = LogIndexSizeMaxBytes,
        FlushMessages = LogFlushIntervalMessages,
        FlushMs = LogFlushIntervalMs,
        Compression = TopicConfig.CompressionOf(CompressionType),
        TimestampType = LogMessageTimestampType,
        IsCompacted = TopicConfigRule.Words(LogCleanupPolicy).Contains("compact"),
        IsDeleted = TopicConfigRule.Words(LogCleanupPolicy).Contains("delete"),
        RetentionMs = LogRetentionMs,
        RetentionBytes = LogRetentionBytes,
        SegmentMs = LogRollMs,
        SegmentJitterMs = LogRollJitterMs,
        FileDeleteDelayMs = LogSegmentDeleteDelayMs,
        TimestampBeforeMaxMs = LogMessageTimestampBeforeMaxMs,
        TimestampAfterMaxMs = LogMessageTimestampAfterMaxMs,
        MinCleanableDirtyRatio = LogCleanerMinCleanableRatio,
        MinCompactionLagMs = LogCleanerMinCompactionLagMs,
        MaxCompactionLagMs = LogCleanerMaxCompactionLagMs,
        DeleteRetentionMs = LogCleanerDeleteRetentionMs,
        Hooks = Hooks,
    };

    /// <summary>How the log cleaner works.</summary>
    internal CleanerSettings CleanerDefaults() => new()
    {
        DedupeBufferBytes = LogCleanerDedupeBufferSize,
        LoadFactor = LogCleanerIoBufferLoadFactor,
        IoBufferBytes = LogCleanerIoBufferSize,
        MaxBytesPerSecond = LogCleanerIoMaxBytesPerSecond,
        BackoffMs = LogCleanerBackoffMs,
        StepBytes = CleanerStepBytes,
    };
}
