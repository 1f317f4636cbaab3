namespace Zurau;

/// <summary>Sends records; injectable and mockable. Thread-safe.</summary>
public interface IKafkaTemplate<TKey, TValue>
{
    /// <summary>
    /// Sends a record and waits for its acknowledgement according to the producer's
    /// <c>acks</c>.
    /// </summary>
    ValueTask<RecordMetadata> SendAsync(ProducerRecord<TKey, TValue> record, CancellationToken cancellationToken = default);

    /// <summary>Sends a value with a key.</summary>
    ValueTask<RecordMetadata> SendAsync(string topic, TKey key, TValue value, CancellationToken cancellationToken = default);

    /// <summary>Waits until all previous sends are acknowledged or have failed.</summary>
    ValueTask FlushAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Runs work in a transaction: commits it, or aborts it if the work or the commit
    /// throws. Requires a <c>transactional.id</c>. One transaction at a time; concurrent
    /// sends through other templates of the same cluster are part of it.
    /// </summary>
    Task ExecuteInTransactionAsync(Func<IKafkaTemplate<TKey, TValue>, CancellationToken, ValueTask> work, CancellationToken cancellationToken = default);

    /// <summary>
    /// Adds a consumer's offsets to the open transaction; see
    /// <see cref="Producer{TKey, TValue}.SendOffsetsToTransactionAsync"/>.
    /// </summary>
    Task SendOffsetsToTransactionAsync(
        IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets,
        ConsumerGroupMetadata group,
        CancellationToken cancellationToken = default);
}
