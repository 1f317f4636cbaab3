using Zurau.Engine.Records.Compression;

namespace Zurau;

/// <summary>Producer settings, by Kafka's names.</summary>
public sealed record ProducerOptions
{
    /// <summary><c>acks</c>: <c>all</c> (on disk), <c>1</c> (published) or <c>0</c>.</summary>
    public Acks Acks { get; set; } = Acks.All;

    /// <summary><c>batch.size</c>: bytes of a partition's batch.</summary>
    public int BatchSize { get; set; } = 16384;

    /// <summary><c>linger.ms</c>: how long a batch that is not full waits for more records.</summary>
    public int LingerMs { get; set; } = 5;

    /// <summary><c>buffer.memory</c>: bytes of records that are not acknowledged yet; a full buffer blocks.</summary>
    public long BufferMemory { get; set; } = 33_554_432;

    /// <summary><c>max.block.ms</c>: how long a send may block for buffer memory or metadata.</summary>
    public int MaxBlockMs { get; set; } = 60_000;

    /// <summary><c>max.request.size</c>: bytes of the largest record.</summary>
    public int MaxRequestSize { get; set; } = 1_048_576;

    /// <summary><c>delivery.timeout.ms</c>: from send to result.</summary>
    public int DeliveryTimeoutMs { get; set; } = 120_000;

    /// <summary>
    /// <c>enable.idempotence</c>: whether the log recognises a record that is sent again, so that retries write it once and in order. Null
    /// means: with <c>acks=all</c> and <c>retries</c> above 0, which it needs.
    /// </summary>
    public bool? EnableIdempotence { get; set; }

    /// <summary><c>max.in.flight.requests.per.connection</c>: batches of a partition that may be without an answer; at most 5 with idempotence.</summary>
    public int MaxInFlightRequestsPerConnection { get; set; } = 5;

    /// <summary><c>transactional.id</c>: makes the producer transactional. One producer uses it at a time: a newer one fences the older.</summary>
    public string? TransactionalId { get; set; }

    /// <summary><c>transaction.timeout.ms</c>: an open transaction is aborted after this time, and its producer fenced.</summary>
    public int TransactionTimeoutMs { get; set; } = 60_000;

    /// <summary><c>retries</c>: attempts after the first one, as far as <see cref="DeliveryTimeoutMs"/> allows.</summary>
    public int Retries { get; set; } = int.MaxValue;

    /// <summary><c>retry.backoff.ms</c>: wait before the second attempt; each further wait is twice as long.</summary>
    public int RetryBackoffMs { get; set; } = 100;

    /// <summary><c>retry.backoff.max.ms</c>: the longest of these waits.</summary>
    public int RetryBackoffMaxMs { get; set; } = 1000;

    /// <summary>
    /// <c>request.timeout.ms</c>: how long one attempt over a network may take. An embedded engine answers every append once, however long its
    /// disk takes, so there only <see cref="DeliveryTimeoutMs"/> counts.
    /// </summary>
    public int RequestTimeoutMs { get; set; } = 30_000;

    /// <summary><c>compression.type</c>: <c>none</c>, <c>gzip</c>, <c>snappy</c>, <c>lz4</c> or <c>zstd</c>.</summary>
    public CompressionType CompressionType { get; set; } = CompressionType.None;

    /// <summary><c>compression.gzip.level</c>: 1 to 9, or -1 for zlib's own.</summary>
    public int CompressionGzipLevel { get; set; } = BatchCompression.DefaultLevel(CompressionType.Gzip);

    /// <summary><c>compression.lz4.level</c>: 1 to 17; 9 is the fast compressor.</summary>
    public int CompressionLz4Level { get; set; } = BatchCompression.DefaultLevel(CompressionType.Lz4);

    /// <summary><c>compression.zstd.level</c>: -131072 to 22.</summary>
    public int CompressionZstdLevel { get; set; } = BatchCompression.DefaultLevel(CompressionType.Zstd);

    /// <summary><c>partitioner</c>: how the partition of a record that names none is chosen.</summary>
    public PartitionerType Partitioner { get; set; } = PartitionerType.Default;

    /// <summary><c>partitioner.ignore.keys</c>: whether keys do not count for the built-in partitioners.</summary>
    public bool PartitionerIgnoreKeys { get; set; }

    /// <summary>
    /// <c>partitioner.adaptive.partitioning.enable</c>: whether partitions with fewer batches on their way get more of the records that may go
    /// anywhere.
    /// </summary>
    public bool PartitionerAdaptivePartitioningEnable { get; set; } = true;

    /// <summary>A partitioner of your own, in place of <see cref="Partitioner"/>; set in code.</summary>
    public IPartitioner? CustomPartitioner { get; set; }

    /// <summary>The same as a function.</summary>
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
