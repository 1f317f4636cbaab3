using Microsoft.Extensions.DependencyInjection;

namespace Zurau.Hosting;

/// <summary>The template of a named cluster: finds that cluster's producer by the key it was asked for with.</summary>
internal sealed class NamedKafkaTemplate<TKey, TValue>([ServiceKey] string name, IServiceProvider services) : IKafkaTemplate<TKey, TValue>
{
    private readonly KafkaTemplate<TKey, TValue> _template = new(
        services.GetRequiredKeyedService<Producer<byte[], byte[]>>(name),
        services.GetService<ISerializer<TKey>>(),
        services.GetService<ISerializer<TValue>>());

    /// <inheritdoc/>
    public ValueTask<RecordMetadata> SendAsync(ProducerRecord<TKey, TValue> record, CancellationToken cancellationToken = default) =>
        _template.SendAsync(record, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<RecordMetadata> SendAsync(string topic, TKey key, TValue value, CancellationToken cancellationToken = default) =>
        _template.SendAsync(topic, key, value, cancellationToken);

    /// <inheritdoc/>
    public ValueTask FlushAsync(CancellationToken cancellationToken = default) => _template.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public Task ExecuteInTransactionAsync(Func<IKafkaTemplate<TKey, TValue>, CancellationToken, ValueTask> work, CancellationToken cancellationToken = default) =>
        _template.ExecuteInTransactionAsync(work, cancellationToken);

    /// <inheritdoc/>
    public Task SendOffsetsToTransactionAsync(
        IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets,
        ConsumerGroupMetadata group,
        CancellationToken cancellationToken = default) => _template.SendOffsetsToTransactionAsync(offsets, group, cancellationToken);
}
