namespace Zurau.Transport;

/// <summary>
/// Sends the records of one producer: batches, retries, memory and transactions are the transport's. Thread-safe, except that the calls
/// of a transaction are made one after the other. Disposing closes it without a timeout.
/// </summary>
public interface IProducerTransport : IAsyncDisposable
{
    /// <summary>Bytes of records without a result.</summary>
    long BufferedBytes { get; }

    /// <summary>
    /// Gets whether the calling thread is inside a completion of this producer: it must not block until <see cref="FlushAsync"/> or
    /// <see cref="CloseAsync"/> completes, which wait for the completion.
    /// </summary>
    bool IsInCompletion { get; }

    /// <summary>Returns the number of partitions of a topic; creates the topic if that is allowed.</summary>
    /// <exception cref="KafkaException">The topic does not exist and is not created, or its name is forbidden.</exception>
    ValueTask<int> PartitionCountAsync(string topic, CancellationToken cancellationToken = default);

    /// <summary>
    /// Returns what sends records with values of a type. Called once per type and caller: a send is then an ordinary interface call, which
    /// costs a tenth of a call of a generic interface method.
    /// </summary>
    IRecordSender<TValue> CreateSender<TValue>();

    /// <summary>
    /// Sends without lingering what was accepted; completes when all of it has its result and every completion has returned.
    /// </summary>
    Task FlushAsync();

    /// <summary>
    /// Aborts an open transaction, refuses new records and waits for pending ones; after the timeout fails those that are left with
    /// <see cref="ErrorCode.RequestTimedOut"/>. May be called again.
    /// </summary>
    Task CloseAsync(TimeSpan timeout);

    /// <summary>
    /// Gives the producer the identity of its <c>transactional.id</c>: producers that had it before are fenced, and their open transaction
    /// is aborted.
    /// </summary>
    /// <exception cref="InvalidOperationException">The producer has no <c>transactional.id</c>, or has its identity already.</exception>
    /// <exception cref="RetriableKafkaException">No other answer within <c>max.block.ms</c>: call again.</exception>
    /// <exception cref="FatalKafkaException">There is no identity for this producer.</exception>
    Task InitTransactionsAsync(CancellationToken cancellationToken);

    /// <summary>Begins a transaction, which contains all records that are accepted from then on.</summary>
    /// <exception cref="InvalidOperationException">A transaction is open, or the producer has no identity yet.</exception>
    /// <exception cref="FatalKafkaException">The producer has failed.</exception>
    void BeginTransaction();

    /// <summary>Makes a consumer's offsets (the next ones to read) part of the transaction.</summary>
    /// <exception cref="AbortableKafkaException">They were refused: the transaction must be aborted.</exception>
    /// <exception cref="FatalKafkaException">The producer is fenced.</exception>
    Task SendOffsetsAsync(
        IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets,
        ConsumerGroupMetadata group,
        CancellationToken cancellationToken);

    /// <summary>Flushes, then commits: afterwards the transaction is durable and visible.</summary>
    /// <exception cref="AbortableKafkaException">A part of it failed: it must be aborted.</exception>
    /// <exception cref="RetriableKafkaException">No other answer within <c>max.block.ms</c>: call again.</exception>
    /// <exception cref="FatalKafkaException">The producer is fenced.</exception>
    Task CommitTransactionAsync(CancellationToken cancellationToken);

    /// <summary>Fails the records that were not sent yet, waits for the others, then aborts.</summary>
    /// <exception cref="RetriableKafkaException">No other answer within <c>max.block.ms</c>: call again.</exception>
    /// <exception cref="FatalKafkaException">The producer is fenced.</exception>
    Task AbortTransactionAsync(CancellationToken cancellationToken);
}
