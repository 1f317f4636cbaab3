using Zurau.Engine.Common.Settings;
using Zurau.Engine.Records.Compression;

namespace Zurau;

/// <summary>Holds the settings of a producer, by Kafka's names and with its defaults. Not thread-safe while it is changed.</summary>
[Settings("producer")]
public sealed partial record ProducerOptions
{
    /// <summary><c>all</c> (answered when on disk), <c>1</c> (when published, in the page cache) or <c>0</c> (immediately); <c>-1</c> is <c>all</c>.</summary>
    [Setting("acks")]
    [Choice("all", Acks.All)]
    [Choice("-1", Acks.All)]
    [Choice("1", Acks.Leader)]
    [Choice("0", Acks.None)]
    public Acks Acks { get; set; } = Acks.All;

    /// <summary>Bytes of a batch of one partition.</summary>
    [Setting("batch.size", Min = 0)]
    public int BatchSize { get; set; } = 16384;

    /// <summary>How long a batch that is not full waits for more records.</summary>
    [Setting("linger.ms", Min = 0)]
    public int LingerMs { get; set; } = 5;

    /// <summary>Bytes of records that are not acknowledged yet; a full buffer blocks sends.</summary>
    [Setting("buffer.memory", Min = 1)]
    public long BufferMemory { get; set; } = 33_554_432;

    /// <summary>How long a send may block for buffer memory, and how long a transactional call waits for an answer.</summary>
    [Setting("max.block.ms", Min = 0)]
    public int MaxBlockMs { get; set; } = 60_000;

    /// <summary>Bytes of the largest record.</summary>
    [Setting("max.request.size", Min = 1)]
    public int MaxRequestSize { get; set; } = 1_048_576;

    /// <summary>Time from the send to its result, retries included.</summary>
    [Setting("delivery.timeout.ms", Min = 1)]
    public int DeliveryTimeoutMs { get; set; } = 120_000;

    /// <summary>Whether retries write a record once and in order. Unset: true with <c>acks=all</c> and <c>retries</c> above 0, which it requires.</summary>
    [Setting("enable.idempotence", Differs = "Unset is true, as in Kafka, unless acks or retries exclude it.")]
    public bool? EnableIdempotence { get; set; }

    /// <summary>Batches of a partition without an answer; at most 5 with idempotence.</summary>
    [Setting("max.in.flight.requests.per.connection", Min = 1)]
    public int MaxInFlightRequestsPerConnection { get; set; } = 5;

    /// <summary>Makes the producer transactional. A newer producer with the same id fences the older one.</summary>
    [Setting("transactional.id", IfEmpty = "name the producer, or leave it out for one without transactions")]
    public string? TransactionalId { get; set; }

    /// <summary>An open transaction is aborted after this time, and its producer fenced; at most <c>transaction.max.timeout.ms</c> of the engine.</summary>
    [Setting("transaction.timeout.ms", Min = 1)]
    public int TransactionTimeoutMs { get; set; } = 60_000;

    /// <summary>Attempts after the first one, within <c>delivery.timeout.ms</c>.</summary>
    [Setting("retries", Min = 0)]
    public int Retries { get; set; } = int.MaxValue;

    /// <summary>Wait before the second attempt; each further wait is twice as long.</summary>
    [Setting("retry.backoff.ms", Min = 0)]
    public int RetryBackoffMs { get; set; } = 100;

    /// <summary>The longest of these waits.</summary>
    [Setting("retry.backoff.max.ms", Min = 0)]
    public int RetryBackoffMaxMs { get; set; } = 1000;

    /// <summary>Has no effect with an embedded engine, which answers each append once; <c>delivery.timeout.ms</c> applies.</summary>
    [Setting("request.timeout.ms", Min = 0)]
    public int RequestTimeoutMs { get; set; } = 30_000;

    /// <summary>How batches are compressed.</summary>
    [Setting("compression.type")]
    public CompressionType CompressionType { get; set; } = CompressionType.None;

    /// <summary>Level of <c>gzip</c>.</summary>
    [Setting("compression.gzip.level", Min = BatchCompression.GzipMinLevel, Max = BatchCompression.GzipMaxLevel, Or = BatchCompression.GzipDefaultLevel, OrMeans = "for the default")]
    public int CompressionGzipLevel { get; set; } = BatchCompression.GzipDefaultLevel;

    /// <summary>Level of <c>lz4</c>; 9 is the fast compressor.</summary>
    [Setting("compression.lz4.level", Min = BatchCompression.Lz4MinLevel, Max = BatchCompression.Lz4MaxLevel)]
    public int CompressionLz4Level { get; set; } = BatchCompression.Lz4DefaultLevel;

    /// <summary>Level of <c>zstd</c>.</summary>
    [Setting("compression.zstd.level", Min = BatchCompression.ZstdMinLevel, Max = BatchCompression.ZstdMaxLevel)]
    public int CompressionZstdLevel { get; set; } = BatchCompression.ZstdDefaultLevel;

    /// <summary>How the partition of a record without one is chosen. The name <c>partitioner.class</c>, which is Kafka's, is also read.</summary>
    [Setting("partitioner", Alias = "partitioner.class", Differs = "Kafka names a Java class; this is librdkafka's name. The default chooses as Kafka's does.")]
    [Choice("default", PartitionerType.Default)]
    [Choice("round_robin", PartitionerType.RoundRobin)]
    [Choice("random", PartitionerType.Random)]
    [Choice("consistent", PartitionerType.Consistent)]
    [Choice("consistent_random", PartitionerType.ConsistentRandom)]
    [Choice("murmur2", PartitionerType.Murmur2)]
    [Choice("murmur2_random", PartitionerType.Murmur2Random)]
    [Choice("fnv1a", PartitionerType.Fnv1a)]
    [Choice("fnv1a_random", PartitionerType.Fnv1aRandom)]
    [Choice("RoundRobinPartitioner", PartitionerType.RoundRobin)]
    [Choice("org.apache.kafka.clients.producer.RoundRobinPartitioner", PartitionerType.RoundRobin)]
    public PartitionerType Partitioner { get; set; } = PartitionerType.Default;

    /// <summary>Whether the built-in partitioners ignore keys.</summary>
    [Setting("partitioner.ignore.keys")]
    public bool PartitionerIgnoreKeys { get; set; }

    /// <summary>Whether partitions with fewer batches in progress get more of the records without a key.</summary>
    [Setting("partitioner.adaptive.partitioning.enable")]
    public bool PartitionerAdaptivePartitioningEnable { get; set; } = true;

    /// <summary>Chooses partitions instead of <see cref="Partitioner"/>; set in code.</summary>
    public IPartitioner? CustomPartitioner { get; set; }

    /// <summary>Chooses partitions instead of <see cref="Partitioner"/>, as a function; set in code.</summary>
    public PartitionerDelegate? PartitionerFunction { get; set; }

    internal BatchCompression Compression => new(CompressionType, CompressionType switch
    {
        CompressionType.Gzip => CompressionGzipLevel,
        CompressionType.Lz4 => CompressionLz4Level,
        CompressionType.Zstd => CompressionZstdLevel,
        _ => 0,
    });

    /// <summary>Whether batches carry sequences.</summary>
    internal bool IsIdempotent => EnableIdempotence ?? ((Acks == Acks.All && Retries != 0) || TransactionalId is not null);
}
