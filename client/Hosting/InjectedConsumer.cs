using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Zurau.Transport;

namespace Zurau.Hosting;

/// <summary>The consumer that a service of the application receives: it has the settings of <c>Kafka:Consumer</c>. Each receiver has its own.</summary>
internal class InjectedConsumer<TKey, TValue> : IConsumer<TKey, TValue>
{
    private readonly Consumer<TKey, TValue> _consumer;

    public InjectedConsumer(IServiceProvider services)
        : this(services, null)
    {
    }

    protected InjectedConsumer(IServiceProvider services, string? name)
    {
        ZurauOptions options = services.GetRequiredService<IOptionsMonitor<ZurauOptions>>().Get(name ?? Options.DefaultName);
        ConsumerOptions own = options.Consumer;
        _consumer = new Consumer<TKey, TValue>(
            services.GetRequiredKeyedService<IKafkaTransport>(name),
            own with { ClientId = own.ClientId.Length > 0 ? own.ClientId : options.ClientId },
            services.GetService<IDeserializer<TKey>>(),
            services.GetService<IDeserializer<TValue>>(),
            services.GetService<ILoggerFactory>());
    }

    public IReadOnlyCollection<TopicPartition> Assignment => _consumer.Assignment;

    public ConsumerGroupMetadata GroupMetadata => _consumer.GroupMetadata;

    public IReadOnlyCollection<TopicPartition> Paused => _consumer.Paused;

    public void Subscribe(IEnumerable<string> topics, IRebalanceListener? listener = null) => _consumer.Subscribe(topics, listener);

    public void Subscribe(params string[] topics) => _consumer.Subscribe(topics);

    public void Subscribe(Regex pattern, IRebalanceListener? listener = null) => _consumer.Subscribe(pattern, listener);

    public ValueTask AssignAsync(IEnumerable<TopicPartition> partitions, CancellationToken cancellationToken = default) =>
        _consumer.AssignAsync(partitions, cancellationToken);

    public ValueTask AssignAsync(IEnumerable<TopicPartitionOffset> partitions, CancellationToken cancellationToken = default) =>
        _consumer.AssignAsync(partitions, cancellationToken);

    public void Assign(params IEnumerable<TopicPartition> partitions) => _consumer.Assign(partitions);

    public void Assign(params IEnumerable<TopicPartitionOffset> partitions) => _consumer.Assign(partitions);

    public ValueTask UnsubscribeAsync(CancellationToken cancellationToken = default) => _consumer.UnsubscribeAsync(cancellationToken);

    public void Unsubscribe() => _consumer.Unsubscribe();

    public ValueTask<IReadOnlyList<ConsumerRecord<TKey, TValue>>> PollAsync(TimeSpan timeout, CancellationToken cancellationToken = default) =>
        _consumer.PollAsync(timeout, cancellationToken);

    public IReadOnlyList<ConsumerRecord<TKey, TValue>> Poll(TimeSpan timeout) => _consumer.Poll(timeout);

    public IAsyncEnumerable<ConsumerRecord<TKey, TValue>> ReadAllAsync(CancellationToken cancellationToken = default) =>
        _consumer.ReadAllAsync(cancellationToken);

    public ValueTask<long> PositionAsync(TopicPartition partition, CancellationToken cancellationToken = default) =>
        _consumer.PositionAsync(partition, cancellationToken);

    public long Position(TopicPartition partition) => _consumer.Position(partition);

    public void Seek(TopicPartition partition, long offset) => _consumer.Seek(partition, offset);

    public void SeekToBeginning(params IEnumerable<TopicPartition> partitions) => _consumer.SeekToBeginning(partitions);

    public void SeekToEnd(params IEnumerable<TopicPartition> partitions) => _consumer.SeekToEnd(partitions);

    public void Pause(params IEnumerable<TopicPartition> partitions) => _consumer.Pause(partitions);

    public void Resume(params IEnumerable<TopicPartition> partitions) => _consumer.Resume(partitions);

    public void Commit() => _consumer.Commit();

    public void Commit(IEnumerable<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets) => _consumer.Commit(offsets);

    public ValueTask CommitAsync(CancellationToken cancellationToken = default) => _consumer.CommitAsync(cancellationToken);

    public ValueTask CommitAsync(
        IEnumerable<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets,
        CancellationToken cancellationToken = default) => _consumer.CommitAsync(offsets, cancellationToken);

    public ValueTask CommitAsync(ConsumerRecord<TKey, TValue> record, CancellationToken cancellationToken = default) =>
        _consumer.CommitAsync(record, cancellationToken);

    public void CommitInBackground(
        IEnumerable<KeyValuePair<TopicPartition, OffsetAndMetadata>>? offsets = null,
        Action<IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>>, Exception?>? callback = null) =>
        _consumer.CommitInBackground(offsets, callback);

    public long? Lag(TopicPartition partition) => _consumer.Lag(partition);

    public ValueTask<IReadOnlyDictionary<TopicPartition, OffsetAndMetadata?>> CommittedAsync(
        IEnumerable<TopicPartition> partitions,
        CancellationToken cancellationToken = default) => _consumer.CommittedAsync(partitions, cancellationToken);

    public ValueTask<IReadOnlyDictionary<TopicPartition, WatermarkOffsets>> QueryWatermarkOffsetsAsync(
        IEnumerable<TopicPartition> partitions,
        CancellationToken cancellationToken = default) => _consumer.QueryWatermarkOffsetsAsync(partitions, cancellationToken);

    public ValueTask<IReadOnlyDictionary<TopicPartition, long?>> OffsetsForTimesAsync(
        IReadOnlyDictionary<TopicPartition, DateTimeOffset> timestamps,
        CancellationToken cancellationToken = default) => _consumer.OffsetsForTimesAsync(timestamps, cancellationToken);

    public void Wakeup() => _consumer.Wakeup();

    public ValueTask DisposeAsync() => _consumer.DisposeAsync();

    public void Dispose() => _consumer.Dispose();
}
