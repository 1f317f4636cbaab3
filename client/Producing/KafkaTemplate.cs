namespace Zurau;

/// <summary>
/// Sends records of one pair of types through a shared producer of all templates: its
/// batches, its buffer and its settings. Thread-safe. Does not dispose the producer.
/// </summary>
/// <param name="producer">The shared producer.</param>
/// <param name="keySerializer">Default <see cref="Serializers.For{T}"/>.</param>
/// <param name="valueSerializer">Default <see cref="Serializers.For{T}"/>.</param>
public sealed class KafkaTemplate<TKey, TValue>(
    Producer<byte[], byte[]> producer,
    ISerializer<TKey>? keySerializer = null,
    ISerializer<TValue>? valueSerializer = null) : IKafkaTemplate<TKey, TValue>
{
    private readonly Producer<TKey, TValue> _producer = producer.As(keySerializer, valueSerializer);

    /// <inheritdoc/>
    public ValueTask<RecordMetadata> SendAsync(ProducerRecord<TKey, TValue> record, CancellationToken cancellationToken = default) =>
        _producer.SendAsync(record, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<RecordMetadata> SendAsync(string topic, TKey key, TValue value, CancellationToken cancellationToken = default) =>
        _producer.SendAsync(new ProducerRecord<TKey, TValue>(topic, key, value), cancellationToken);

    /// <inheritdoc/>
    public ValueTask FlushAsync(CancellationToken cancellationToken = default) => _producer.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public Task ExecuteInTransactionAsync(Func<IKafkaTemplate<TKey, TValue>, CancellationToken, ValueTask> work, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(work);
        return _producer.ExecuteInTransactionAsync(token => work(this, token), cancellationToken);
    }

    /// <inheritdoc/>
    public Task SendOffsetsToTransactionAsync(
        IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets,
        ConsumerGroupMetadata group,
        CancellationToken cancellationToken = default) => _producer.SendOffsetsToTransactionAsync(offsets, group, cancellationToken);
}
