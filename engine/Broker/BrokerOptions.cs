using Zurau.Engine.Common.Settings;
using Zurau.Engine.Coordination;
using Zurau.Engine.Log;
using Zurau.Engine.Log.Cleaning;
using Zurau.Engine.Records.Compression;

namespace Zurau.Engine;

/// <summary>
/// Holds Kafka's broker settings. Each is declared here, once: attribute, type, default and summary. What a topic may override has a second
/// attribute with the name of the topic setting. Not thread-safe while it is changed; an open broker keeps a copy.
/// </summary>
[Settings("broker")]
[StoredTopicSetting("min.insync.replicas", 1, "Stored and returned; there is one copy.", Min = 1)]
[StoredTopicSetting("preallocate", false, "Stored and returned.")]
[StoredTopicSetting("unclean.leader.election.enable", false, "Stored and returned; there is one copy.")]
public partial record BrokerOptions
{
    /// <summary>Accepts a data directory on a file system on which durability is not verified; for a broker that opens the directory itself.</summary>
    [Setting("allow.any.file.system", Differs = "Kafka has no such setting: it accepts any file system.")]
    public bool AllowAnyFileSystem { get; set; }

    /// <summary>Partitions of a topic that is created without a number.</summary>
    [Setting("num.partitions", Min = 1)]
    public int NumPartitions { get; set; } = 1;

    /// <summary>Whether a first send or subscription creates its topic.</summary>
    [Setting("auto.create.topics.enable")]
    public bool AutoCreateTopicsEnable { get; set; } = true;

    /// <summary>Bytes of a segment, after which the next one is created.</summary>
    [Setting("log.segment.bytes", Min = 1024 * 1024)]
    [TopicSetting("segment.bytes", Min = 14)]
    public int LogSegmentBytes { get; set; } = 1024 * 1024 * 1024;

    /// <summary>Bytes of the largest batch, as stored.</summary>
    [Setting("message.max.bytes", Min = 0)]
    [TopicSetting("max.message.bytes")]
    public int MessageMaxBytes { get; set; } = 1_048_588;

    /// <summary>How batches are stored: <c>producer</c> keeps what was sent, <c>uncompressed</c> and the codecs convert.</summary>
    [Setting("compression.type", OneOf = ["producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"])]
    [TopicSetting("compression.type")]
    public string CompressionType { get; set; } = "producer";

    /// <summary>Level, if <c>compression.type</c> is <c>gzip</c>.</summary>
    [Setting("compression.gzip.level", Min = BatchCompression.GzipMinLevel, Max = BatchCompression.GzipMaxLevel, Or = BatchCompression.GzipDefaultLevel, OrMeans = "for the default")]
    [TopicSetting("compression.gzip.level")]
    public int CompressionGzipLevel { get; set; } = BatchCompression.GzipDefaultLevel;

    /// <summary>Level, if <c>compression.type</c> is <c>lz4</c>; 9 is the fast compressor.</summary>
    [Setting("compression.lz4.level", Min = BatchCompression.Lz4MinLevel, Max = BatchCompression.Lz4MaxLevel)]
    [TopicSetting("compression.lz4.level")]
    public int CompressionLz4Level { get; set; } = BatchCompression.Lz4DefaultLevel;

    /// <summary>Level, if <c>compression.type</c> is <c>zstd</c>.</summary>
    [Setting("compression.zstd.level", Min = BatchCompression.ZstdMinLevel, Max = BatchCompression.ZstdMaxLevel)]
    [TopicSetting("compression.zstd.level")]
    public int CompressionZstdLevel { get; set; } = BatchCompression.ZstdDefaultLevel;

    /// <summary>Whether records have the time of the producer (<c>CreateTime</c>) or of the log (<c>LogAppendTime</c>).</summary>
    [Setting("log.message.timestamp.type")]
    [Choice("CreateTime", TimestampType.CreateTime)]
    [Choice("LogAppendTime", TimestampType.LogAppendTime)]
    [TopicSetting("message.timestamp.type", Property = "TimestampType")]
    public TimestampType LogMessageTimestampType { get; set; } = TimestampType.CreateTime;

    /// <summary>How far in the past a timestamp may be.</summary>
    [Setting("log.message.timestamp.before.max.ms", Min = 0)]
    [TopicSetting("message.timestamp.before.max.ms", Property = "TimestampBeforeMaxMs")]
    public long LogMessageTimestampBeforeMaxMs { get; set; } = long.MaxValue;

    /// <summary>How far in the future a timestamp may be.</summary>
    [Setting("log.message.timestamp.after.max.ms", Min = 0)]
    [TopicSetting("message.timestamp.after.max.ms", Property = "TimestampAfterMaxMs")]
    public long LogMessageTimestampAfterMaxMs { get; set; } = 60 * 60 * 1000;

    /// <summary>Bytes of log between two entries of a sparse index.</summary>
    [Setting("log.index.interval.bytes", Min = 0)]
    [TopicSetting("index.interval.bytes")]
    public int LogIndexIntervalBytes { get; set; } = 4096;

    /// <summary>A segment whose index files would be larger is full.</summary>
    [Setting("log.index.size.max.bytes", Min = 4)]
    [TopicSetting("segment.index.bytes")]
    public int LogIndexSizeMaxBytes { get; set; } = 10 * 1024 * 1024;

    /// <summary>An append after which this many records are not flushed waits for a flush.</summary>
    [Setting("log.flush.interval.messages", Min = 1)]
    [TopicSetting("flush.messages")]
    public long LogFlushIntervalMessages { get; set; } = long.MaxValue;

    /// <summary>How long a published record may stay unflushed.</summary>
    [Setting("log.flush.interval.ms", Min = 0)]
    [TopicSetting("flush.ms")]
    public long LogFlushIntervalMs { get; set; } = long.MaxValue;

    /// <summary>Time between two writes of the recovery points.</summary>
    [Setting("log.flush.offset.checkpoint.interval.ms", Min = 1)]
    public int LogFlushOffsetCheckpointIntervalMs { get; set; } = 60_000;

    /// <summary>What happens to old records: <c>delete</c> removes them by age and size, <c>compact</c> keeps the last record of each key.</summary>
    [Setting("log.cleanup.policy", IsList = true, OneOf = ["compact", "delete"])]
    [TopicSetting("cleanup.policy")]
    public string LogCleanupPolicy { get; set; } = "delete";

    /// <summary>How long records are kept; -1 for no limit.</summary>
    [Setting("log.retention.ms", Min = -1)]
    [TopicSetting("retention.ms")]
    public long LogRetentionMs { get; set; } = 7L * 24 * 60 * 60 * 1000;

    /// <summary>Size of a partition above which its oldest segments are deleted; -1 for no limit.</summary>
    [Setting("log.retention.bytes", Min = -1)]
    [TopicSetting("retention.bytes")]
    public long LogRetentionBytes { get; set; } = -1;

    /// <summary>Time between two checks for segments to delete.</summary>
    [Setting("log.retention.check.interval.ms", Min = 1)]
    public long LogRetentionCheckIntervalMs { get; set; } = 300_000;

    /// <summary>Largest time between the first and the last batch of a segment.</summary>
    [Setting("log.roll.ms", Min = 1)]
    [TopicSetting("segment.ms")]
    public long LogRollMs { get; set; } = 7L * 24 * 60 * 60 * 1000;

    /// <summary>Random reduction of that time, up to this value.</summary>
    [Setting("log.roll.jitter.ms", Min = 0)]
    [TopicSetting("segment.jitter.ms")]
    public long LogRollJitterMs { get; set; }

    /// <summary>How long the files of a removed segment are kept, renamed.</summary>
    [Setting("log.segment.delete.delay.ms", Min = 0)]
    [TopicSetting("file.delete.delay.ms")]
    public long LogSegmentDeleteDelayMs { get; set; } = 60_000;

    /// <summary>Full segments that are open and mapped at the same time; Linux allows a process 65,530 maps.</summary>
    [Setting("max.open.segments", Min = 1, Differs = "Kafka has no such setting: it keeps all segments open.")]
    public int MaxOpenSegments { get; set; } = 8192;

    /// <summary>Whether compacted topics are compacted.</summary>
    [Setting("log.cleaner.enable")]
    public bool LogCleanerEnable { get; set; } = true;

    /// <summary>Largest memory of the map of keys during a compaction.</summary>
    [Setting("log.cleaner.dedupe.buffer.size", Min = 1024 * 1024)]
    public long LogCleanerDedupeBufferSize { get; set; } = 128 * 1024 * 1024;

    /// <summary>How full that map may become, as a share.</summary>
    [Setting("log.cleaner.io.buffer.load.factor", Min = 0.1, Max = 1)]
    public double LogCleanerIoBufferLoadFactor { get; set; } = 0.9;

    /// <summary>Bytes that a compaction reads at once.</summary>
    [Setting("log.cleaner.io.buffer.size", Min = 1)]
    public int LogCleanerIoBufferSize { get; set; } = 512 * 1024;

    /// <summary>Bytes per second that compaction reads and writes.</summary>
    [Setting("log.cleaner.io.max.bytes.per.second", Min = 1)]
    public double LogCleanerIoMaxBytesPerSecond { get; set; } = double.MaxValue;

    /// <summary>Pause of the cleaner when nothing is to be compacted.</summary>
    [Setting("log.cleaner.backoff.ms", Min = 0)]
    public long LogCleanerBackoffMs { get; set; } = 15_000;

    /// <summary>Share of uncompacted bytes above which a partition is compacted.</summary>
    [Setting("log.cleaner.min.cleanable.ratio", Min = 0, Max = 1)]
    [TopicSetting("min.cleanable.dirty.ratio")]
    public double LogCleanerMinCleanableRatio { get; set; } = 0.5;

    /// <summary>Younger records are not compacted.</summary>
    [Setting("log.cleaner.min.compaction.lag.ms", Min = 0)]
    [TopicSetting("min.compaction.lag.ms")]
    public long LogCleanerMinCompactionLagMs { get; set; }

    /// <summary>A partition with an older uncompacted record is compacted, whatever its ratio.</summary>
    [Setting("log.cleaner.max.compaction.lag.ms", Min = 1)]
    [TopicSetting("max.compaction.lag.ms")]
    public long LogCleanerMaxCompactionLagMs { get; set; } = long.MaxValue;

    /// <summary>How long a tombstone is kept after the other records of its key are removed.</summary>
    [Setting("log.cleaner.delete.retention.ms", Min = 0)]
    [TopicSetting("delete.retention.ms")]
    public long LogCleanerDeleteRetentionMs { get; set; } = 24L * 60 * 60 * 1000;

    /// <summary>Partitions of <c>__consumer_offsets</c>; used when it is created.</summary>
    [Setting("offsets.topic.num.partitions", Min = 1, Differs = "Kafka's default, 50, spreads them over brokers; one process gains nothing from 50 folders.")]
    public int OffsetsTopicNumPartitions { get; set; } = 1;

    /// <summary>Segment size of <c>__consumer_offsets</c>; used when it is created.</summary>
    [Setting("offsets.topic.segment.bytes", Min = 1024 * 1024)]
    public int OffsetsTopicSegmentBytes { get; set; } = 100 * 1024 * 1024;

    /// <summary>How long the offsets of a group are kept after it became empty, or, if it never had members, after their commit.</summary>
    [Setting("offsets.retention.minutes", Min = 1)]
    public int OffsetsRetentionMinutes { get; set; } = 10_080;

    /// <summary>Time between two checks for expired offsets.</summary>
    [Setting("offsets.retention.check.interval.ms", Min = 1)]
    public long OffsetsRetentionCheckIntervalMs { get; set; } = 600_000;

    /// <summary>Smallest <c>session.timeout.ms</c> of a member.</summary>
    [Setting("group.min.session.timeout.ms", Min = 1)]
    public int GroupMinSessionTimeoutMs { get; set; } = 6000;

    /// <summary>Largest <c>session.timeout.ms</c> of a member.</summary>
    [Setting("group.max.session.timeout.ms", Min = 1)]
    public int GroupMaxSessionTimeoutMs { get; set; } = 1_800_000;

    /// <summary>How long a group that was empty waits for further members before its first assignment.</summary>
    [Setting("group.initial.rebalance.delay.ms", Min = 0, Differs = "Kafka's default, 3000, saves rebalances while the processes of a service start one by one; the consumers of one process start together.")]
    public int GroupInitialRebalanceDelayMs { get; set; }

    /// <summary>Most members of a group.</summary>
    [Setting("group.max.size", Min = 1)]
    public int GroupMaxSize { get; set; } = int.MaxValue;

    /// <summary>Bytes of the largest text with a committed offset.</summary>
    [Setting("offset.metadata.max.bytes", Min = 0)]
    public int OffsetMetadataMaxBytes { get; set; } = 4096;

    /// <summary>How long a partition remembers a producer that does not append.</summary>
    [Setting("producer.id.expiration.ms", Min = 1)]
    public long ProducerIdExpirationMs { get; set; } = 86_400_000;

    /// <summary>Largest <c>transaction.timeout.ms</c> of a producer.</summary>
    [Setting("transaction.max.timeout.ms", Min = 1)]
    public int TransactionMaxTimeoutMs { get; set; } = 900_000;

    /// <summary>How long a transactional id without transactions is remembered.</summary>
    [Setting("transactional.id.expiration.ms", Min = 1)]
    public long TransactionalIdExpirationMs { get; set; } = 604_800_000;

    /// <summary>Time between two checks for transactions that are open too long.</summary>
    [Setting("transaction.abort.timed.out.transaction.cleanup.interval.ms", Min = 1)]
    public int TransactionAbortTimedOutTransactionCleanupIntervalMs { get; set; } = 10_000;

    /// <summary>Time between two checks for expired transactional ids.</summary>
    [Setting("transaction.remove.expired.transaction.cleanup.interval.ms", Min = 1)]
    public int TransactionRemoveExpiredTransactionCleanupIntervalMs { get; set; } = 3_600_000;

    /// <summary>Partitions of <c>__transaction_state</c>; used when it is created.</summary>
    [Setting("transaction.state.log.num.partitions", Min = 1, Differs = "Kafka's default, 50, spreads them over brokers; one process gains nothing from 50 folders.")]
    public int TransactionStateLogNumPartitions { get; set; } = 1;

    /// <summary>Segment size of <c>__transaction_state</c>; used when it is created.</summary>
    [Setting("transaction.state.log.segment.bytes", Min = 1024 * 1024)]
    public int TransactionStateLogSegmentBytes { get; set; } = 100 * 1024 * 1024;

    /// <summary>Returns the settings for members of groups.</summary>
    internal GroupSettings Groups() => new(GroupMinSessionTimeoutMs, GroupMaxSessionTimeoutMs, GroupInitialRebalanceDelayMs, GroupMaxSize);

    /// <summary>Returns how the log cleaner works.</summary>
    internal CleanerSettings Cleaner(int stepBytes) => new()
    {
        DedupeBufferBytes = LogCleanerDedupeBufferSize,
        LoadFactor = LogCleanerIoBufferLoadFactor,
        IoBufferBytes = LogCleanerIoBufferSize,
        MaxBytesPerSecond = LogCleanerIoMaxBytesPerSecond,
        BackoffMs = LogCleanerBackoffMs,
        StepBytes = stepBytes,
    };
}
