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
    /// means: with <c>acks=all</c>, which it needs.
    /// </summary>
    public bool? EnableIdempotence { get; set; }

    /// <summary><c>max.in.flight.requests.per.connection</c>: batches of a partition that may be without an answer; at most 5 with idempotence.</summary>
    public int MaxInFlightRequestsPerConnection { get; set; } = 5;

    /// <summary><c>transactional.id</c>: makes the producer transactional. One producer uses it at a time: a newer one fences the older.</summary>
    public string? TransactionalId { get; set; }

    /// <summary><c>transaction.timeout.ms</c>: an open transaction is aborted after this time, and its producer fenced.</summary>
    public int TransactionTimeoutMs { get; set; } = 60_000;

    /// <summary><c>compression.type</c>: only <c>none</c> is there yet.</summary>
    public string CompressionType { get; set; } = "none";

    /// <summary>Whether batches carry sequences.</summary>
    internal bool IsIdempotent => EnableIdempotence ?? (Acks == Acks.All || TransactionalId is not null);
}
