namespace Zurau;

/// <summary>Sends records from anywhere in an application; injectable and mockable. Thread-safe.</summary>
public interface IKafkaTemplate<TKey, TValue>
{
    /// <summary>Sends a record and waits until it is acknowledged as the producer's <c>acks</c> say.</summary>
    ValueTask<RecordMetadata> SendAsync(ProducerRecord<TKey, TValue> record, CancellationToken cancellationToken = default);

    /// <summary>Sends a value under a key.</summary>
    ValueTask<RecordMetadata> SendAsync(string topic, TKey key, TValue value, CancellationToken cancellationToken = default);

    /// <summary>Waits until everything sent so far is acknowledged or has failed.</summary>
    ValueTask FlushAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Runs work in a transaction: commits it, or aborts it where the work or the commit throws. Needs a <c>transactional.id</c>. One
    /// transaction at a time; what is sent meanwhile through other templates of the same cluster is part of it.
    /// </summary>
    Task ExecuteInTransactionAsync(Func<IKafkaTemplate<TKey, TValue>, CancellationToken, ValueTask> work, CancellationToken cancellationToken = default);

    /// <summary>Makes a consumer's offsets part of the open transaction; see <see cref="Producer{TKey, TValue}.SendOffsetsToTransactionAsync"/>.</summary>
    Task SendOffsetsToTransactionAsync(
        IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets,
        ConsumerGroupMetadata group,
        CancellationToken cancellationToken = default);
}
